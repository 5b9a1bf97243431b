"""JiraClient: what add-ons do with issues, typed; `send` for the rest of the host's API (reference 19, 7.3)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from app.connect.errors import BadRequest
from app.connect.hosts.atlassian.client.api import SiteClient, segment
from app.connect.hosts.atlassian.client.errors import HostNotFound, ResponseInvalid
from app.connect.hosts.atlassian.client.models import Comment, Issue, RemoteLink, read_answer
from app.connect.hosts.atlassian.client.webhooks import Webhooks
from app.connect.network.fetch import Auth, Outbound
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Tenant

API = "rest/api/3"
PAGE = 50
LONGEST_ID = 18
BROWSE = "BROWSE_PROJECTS"


def as_document(text: str) -> dict[str, Any]:
    """Write plain text in the host's document format: a paragraph for each line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


class JiraClient(SiteClient):
    """One Jira site's API."""

    def __init__(
        self,
        outbound: Outbound,
        tenant: Tenant,
        auth: Auth,
        *,
        agent: str,
        patience: Patience | None = None,
        webhooks_url: str | None = None,
    ) -> None:
        super().__init__(outbound, tenant, auth, agent=agent, patience=patience)
        self._webhooks_url = webhooks_url

    @cached_property
    def webhooks(self) -> Webhooks:
        """The webhooks that this add-on registered by calls."""
        return Webhooks(self, self._webhooks_url)

    async def issue(self, key: str, fields: Sequence[str] = ()) -> Issue:
        """Read an issue, by key or id; with all its fields, unless some are named. Scope: READ."""
        params = {"fields": ",".join(fields)} if fields else None
        return read_answer(Issue, await self.get(f"{API}/issue/{segment(key)}", params))

    async def search(self, jql: str, fields: Sequence[str] = ("summary", "status")) -> AsyncIterator[Issue]:
        """Yield the issues that JQL finds, page after page while it is iterated. Scope: READ."""
        params: dict[str, str | int] = {"jql": jql, "fields": ",".join(fields), "maxResults": PAGE}
        while True:
            page = await self.get(f"{API}/search/jql", params)
            found = page.get("issues") if isinstance(page, dict) else None
            if not isinstance(found, list):
                raise ResponseInvalid("The site's answer to a search has no issues.")
            for one in found:
                yield read_answer(Issue, one)
            following = page.get("nextPageToken")
            if not following or following == params.get("nextPageToken"):
                return
            params["nextPageToken"] = following

    async def comment(self, key: str, body: str | Mapping[str, Any]) -> Comment:
        """Comment on an issue with plain text, or with a document of the host's format. Scope: WRITE."""
        document = as_document(body) if isinstance(body, str) else body
        answer = await self.send("POST", f"{API}/issue/{segment(key)}/comment", json={"body": document})
        return read_answer(Comment, answer)

    async def property(self, key: str, name: str) -> Any:
        """Return the value of an issue's property, None where there is none. Scope: READ."""
        try:
            answer = await self.get(_property(key, name))
        except HostNotFound:
            return None
        return answer.get("value") if isinstance(answer, dict) else None

    async def set_property(self, key: str, name: str, value: object) -> None:
        """Set a property of an issue; JQL finds what addon.toml indexes. Scope: WRITE."""
        await self.send("PUT", _property(key, name), json=value)

    async def delete_property(self, key: str, name: str) -> None:
        """Delete a property of an issue. Scope: DELETE."""
        await self.send("DELETE", _property(key, name))

    async def link(self, key: str, url: str, title: str, *, global_id: str | None = None) -> RemoteLink:
        """Link an issue to something elsewhere; the same `global_id` replaces the link. Scope: WRITE."""
        body: dict[str, Any] = {"object": {"url": url, "title": title}}
        if global_id is not None:
            body["globalId"] = global_id
        path = f"{API}/issue/{segment(key)}/remotelink"
        return read_answer(RemoteLink, await self.send("POST", path, json=body, repeatable=global_id is not None))

    async def has_global_permission(self, account_id: str, permission: str) -> bool:
        """Ask whether somebody has a permission of the whole site, such as ADMINISTER. Scope: READ."""
        answer = await self._check({"accountId": account_id, "globalPermissions": [permission]})
        granted = answer.get("globalPermissions")
        return isinstance(granted, list) and permission in granted

    async def has_project_permission(
        self,
        account_id: str,
        permission: str,
        *,
        project_id: str | int | None = None,
        issue_id: str | int | None = None,
    ) -> bool:
        """Ask whether somebody has a permission in a project or for an issue, by their ids. Scope: READ."""
        projects, issues = _ids(project_id), _ids(issue_id)
        asked = {"permissions": [permission], "projects": projects, "issues": issues}
        answer = await self._check({"accountId": account_id, "projectPermissions": [asked]})
        return any(
            isinstance(one, dict)
            and one.get("permission") == permission
            and {*projects} <= {*_numbers(one.get("projects"))}
            and {*issues} <= {*_numbers(one.get("issues"))}
            for one in answer.get("projectPermissions") or ()
        )

    async def may_see(self, account_id: str, key: str) -> bool:
        """Ask whether somebody may see an issue or a project, by its key. Scope: READ.

        Yes for what the add-on itself does not see: the site does not say then who does.
        """
        is_issue = "-" in key
        path = f"{API}/{'issue' if is_issue else 'project'}/{segment(key)}"
        try:
            found = await self.get(path, {"fields": "project"} if is_issue else None)
        except HostNotFound:
            return True
        number = found.get("id") if isinstance(found, dict) else None
        if not isinstance(number, str | int):
            raise ResponseInvalid("The site's answer about an issue or project has no id.")
        place = {"issue_id" if is_issue else "project_id": number}
        return await self.has_project_permission(account_id, BROWSE, **place)

    async def _check(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self.send("POST", f"{API}/permissions/check", json=asked, repeatable=True)
        if not isinstance(answer, dict):
            raise ResponseInvalid("The site's answer about permissions is no object.")
        return answer


def _property(key: str, name: str) -> str:
    return f"{API}/issue/{segment(key)}/properties/{segment(name)}"


def _ids(given: str | int | None) -> list[int]:
    if given is None:
        return []
    text = str(given)
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID):
        raise BadRequest("Projects and issues are named by their ids here, which are numbers.")
    return [int(text)]


def _numbers(given: object) -> list[int]:
    return [one for one in given if isinstance(one, int)] if isinstance(given, list) else []

"""ConfluenceClient: what add-ons do with pages and spaces, typed; `send` for the rest of the host's API."""

from collections.abc import Sequence
from typing import Any

from app.connect.hosts.atlassian.client.api import NOT_FOUND, SiteClient, segment
from app.connect.hosts.atlassian.client.errors import HostNotFound, ResponseInvalid
from app.connect.hosts.atlassian.client.models import Content, Space, read_answer

API = "rest/api"
READ = "read"


class ConfluenceClient(SiteClient):
    """One Confluence site's API; its address has the site's `/wiki` already."""

    async def page(self, page_id: str, expand: Sequence[str] = ("space", "version")) -> Content:
        """Read a page or blog post; `body.storage` in `expand` brings its text along. Scope: READ."""
        answer = await self.get(f"{API}/content/{segment(page_id)}", {"expand": ",".join(expand)})
        return read_answer(Content, answer)

    async def space(self, key: str) -> Space:
        """Read a space by its key. Scope: READ."""
        return read_answer(Space, await self.get(f"{API}/space/{segment(key)}"))

    async def property(self, page_id: str, name: str) -> Any:
        """Return the value of a page's property, None where there is none. Scope: READ."""
        try:
            answer = await self.get(_property(page_id, name))
        except HostNotFound:
            return None
        return answer.get("value") if isinstance(answer, dict) else None

    async def set_property(self, page_id: str, name: str, value: object) -> None:
        """Set a property of a page; who writes at the same time may be refused with 409. Scope: WRITE."""
        try:
            answer = await self.get(_property(page_id, name))
        except HostNotFound:
            await self.send("POST", f"{API}/content/{segment(page_id)}/property", json={"key": name, "value": value})
            return
        try:
            number = int(answer["version"]["number"]) + 1
        except (KeyError, TypeError, ValueError):
            raise ResponseInvalid("The site's property has no version.") from None
        body = {"key": name, "value": value, "version": {"number": number}}
        await self.send("PUT", _property(page_id, name), json=body)

    async def has_permission(self, account_id: str, operation: str, page_id: str) -> bool:
        """Ask whether somebody may read, update or delete a page. Scope: READ."""
        asked = {"subject": {"type": "user", "identifier": account_id}, "operation": operation}
        path = f"{API}/content/{segment(page_id)}/permission/check"
        answer = await self.send("POST", path, json=asked, repeatable=True)
        return isinstance(answer, dict) and answer.get("hasPermission") is True

    async def may_see(self, account_id: str, place: str) -> bool:
        """Ask whether somebody may see a page, by its id, or a space, by its key. Scope: READ.

        Of a space its home page is asked about. Yes for what has none, and for what the add-on itself does not see:
        the site does not say then who does.
        """
        try:
            return await self.has_permission(account_id, READ, await self._page_of(place))
        except HostNotFound:
            return True

    async def _page_of(self, place: str) -> str:
        """Return the page whose readers are those of a place; `HostNotFound` where there is none."""
        if place.isdecimal():
            return place
        found = await self.get(f"{API}/space/{segment(place)}", {"expand": "homepage"})
        home = found.get("homepage") if isinstance(found, dict) else None
        number = home.get("id") if isinstance(home, dict) else None
        if not isinstance(number, str | int):
            raise HostNotFound(NOT_FOUND, "the space has no home page")
        return str(number)

    async def administers(self, account_id: str) -> bool:
        """Ask whether somebody administers the site. Scope: READ."""
        answer = await self.get(f"{API}/user", {"accountId": account_id, "expand": "operations"})
        operations = answer.get("operations") if isinstance(answer, dict) else None
        return any(
            isinstance(one, dict) and (one.get("operation"), one.get("targetType")) == ("administer", "application")
            for one in operations or ()
        )


def _property(page_id: str, name: str) -> str:
    return f"{API}/content/{segment(page_id)}/property/{segment(name)}"

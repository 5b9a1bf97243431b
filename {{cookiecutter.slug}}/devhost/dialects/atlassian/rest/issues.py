"""Issues: read, searched, commented, and linked."""

from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse

from devhost.dialects.atlassian import changes, writing
from devhost.dialects.atlassian.access import Caller, JiraCaller, JiraReader, read_members, site_router
from devhost.dialects.atlassian.jql import Alias, compile_jql
from devhost.dialects.atlassian.state import StateDep
from devhost.dialects.atlassian.tracker import Comment, Issue
from devhost.errors import bad_request, not_found
from devhost.world.jsonvalue import Json

router = site_router("/rest/api/3")

MOST = 100


Fields = Annotated[list[str] | None, Query()]
"""Names of fields, apart by commas or each in a parameter of its own."""


@router.get("/issue/{key}")
async def read_issue(key: str, caller: JiraReader, fields: Fields = None) -> dict[str, Any]:
    """Return an issue with the fields that are asked for."""
    return writing.issue(caller.site, caller.site.tracker.issue(key), _named(fields, "*all"))


@router.get("/search/jql")
async def search(
    caller: JiraReader,
    jql: str = "",
    fields: Fields = None,
    maxResults: int = 50,  # noqa: N803 - the host's names
    nextPageToken: str = "",  # noqa: N803
) -> dict[str, Any]:
    """Return a page of what JQL finds."""
    return _found(caller, jql, _named(fields, "id"), maxResults, nextPageToken)


@router.post("/search/jql")
async def search_long(request: Request, caller: JiraReader) -> dict[str, Any]:
    """Search by a body, for JQL that is too long for an address."""
    body = await read_members(request)
    fields = body.get("fields") or ["id"]
    if not isinstance(fields, list) or not isinstance(body.get("maxResults", 50), int):
        raise bad_request("fields is a list, maxResults a number")
    asked = str(body.get("jql", ""))
    return _found(caller, asked, set(fields), body.get("maxResults", 50), str(body.get("nextPageToken") or ""))


def _named(fields: list[str] | None, otherwise: str) -> set[str]:
    return {name for one in fields or [otherwise] for name in one.split(",")}


def _found(caller: Caller, jql: str, fields: set[str], most: int, start: str) -> dict[str, Any]:
    if start and not start.isdecimal():
        raise bad_request("nextPageToken: one of an earlier answer is needed")
    matches = compile_jql(jql, aliases(caller))
    found = [one for one in caller.site.tracker if matches(one)]
    first = int(start or 0)
    end = first + max(1, min(most, MOST))
    answer: dict[str, Any] = {
        "issues": [writing.issue(caller.site, one, fields) for one in found[first:end]],
        "isLast": end >= len(found),
    }
    return answer | ({} if end >= len(found) else {"nextPageToken": str(end)})


def aliases(caller: Caller) -> tuple[Alias, ...]:
    """List the names under which the add-ons of the site index properties of issues."""
    return tuple(
        Alias(index["alias"], configured["propertyKey"], index.get("objectName", ""))
        for one in caller.site.installed
        for module in one.descriptor.of_type("jiraEntityProperties")
        for configured in module.get("keyConfigurations") or ()
        for index in configured.get("extractions") or ()
        if index.get("alias")
    )


@router.get("/issue/{key}/comment")
async def list_comments(key: str, caller: JiraReader) -> dict[str, Any]:
    """List an issue's comments, oldest first."""
    issue = caller.site.tracker.issue(key)
    found = [writing.comment(caller.site, issue, one) for one in issue.comments]
    return {"comments": found, "total": len(found), "maxResults": len(found), "startAt": 0}


@router.post("/issue/{key}/comment", status_code=201)
async def add_comment(key: str, request: Request, caller: JiraCaller, state: StateDep) -> dict[str, Any]:
    """Add a comment; whoever listens is told after this is answered."""
    issue = caller.site.tracker.issue(key)
    body = (await read_members(request)).get("body")
    require_document(body)
    made = changes.add_comment(state, caller.site, issue, body, person=caller.person, by=caller.installation.name)
    state.shell.spawn(changes.report_comment(state, caller.site, issue, made, trace=caller.trace))
    return writing.comment(caller.site, issue, made)


@router.get("/issue/{key}/comment/{number}")
async def read_comment(key: str, number: str, caller: JiraReader) -> dict[str, Any]:
    """Return a comment."""
    issue = caller.site.tracker.issue(key)
    return writing.comment(caller.site, issue, _comment(issue, number))


@router.delete("/issue/{key}/comment/{number}", status_code=204)
async def delete_comment(key: str, number: str, caller: JiraCaller, state: StateDep) -> Response:
    """Delete a comment."""
    issue = caller.site.tracker.issue(key)
    issue.comments.remove(_comment(issue, number))
    changes.publish(state, caller.site, issue.key)
    return Response(status_code=204)


def _comment(issue: Issue, number: str) -> Comment:
    for one in issue.comments:
        if str(one.id) == number:
            return one
    raise not_found(f"Comment {number}")


def require_document(body: Json) -> None:
    """Check that a text is in the document format. Raises HostError 400."""
    if not isinstance(body, dict) or body.get("type") != "doc" or not isinstance(body.get("content"), list):
        raise bad_request('body: a document is needed: {"type": "doc", "version": 1, "content": [...]}', field="body")


@router.get("/issue/{key}/remotelink")
async def list_links(key: str, caller: JiraReader) -> list[dict[str, Any]]:
    """List an issue's links to elsewhere."""
    return caller.site.tracker.issue(key).links


@router.post("/issue/{key}/remotelink")
async def add_link(key: str, request: Request, caller: JiraCaller, state: StateDep) -> JSONResponse:
    """Link an issue to something elsewhere; the same `globalId` replaces the link: 200 for 201."""
    issue = caller.site.tracker.issue(key)
    body = await read_members(request)
    linked = body.get("object")
    if not isinstance(linked, dict) or not linked.get("url") or not linked.get("title"):
        raise bad_request("object: url and title are needed")
    name = body.get("globalId")
    known = next((one for one in issue.links if name is not None and one.get("globalId") == name), None)
    number = known["id"] if known else caller.site.tracker.number()
    address = f"{caller.site.base_url}/rest/api/3/issue/{issue.key}/remotelink/{number}"
    made = body | {"id": number, "self": address}
    issue.links = [one for one in issue.links if one is not known] + [made]
    changes.publish(state, caller.site, issue.key)
    return JSONResponse({"id": number, "self": address}, status_code=200 if known else 201)


@router.get("/issue/{key}/remotelink/{number}")
async def read_link(key: str, number: str, caller: JiraReader) -> dict[str, Any]:
    """Return a link."""
    return _link(caller.site.tracker.issue(key), number)


@router.delete("/issue/{key}/remotelink/{number}", status_code=204)
async def delete_link(key: str, number: str, caller: JiraCaller, state: StateDep) -> Response:
    """Delete a link."""
    issue = caller.site.tracker.issue(key)
    issue.links.remove(_link(issue, number))
    changes.publish(state, caller.site, issue.key)
    return Response(status_code=204)


def _link(issue: Issue, number: str) -> dict[str, Any]:
    for one in issue.links:
        if str(one["id"]) == number:
            return one
    raise not_found(f"Link {number}")

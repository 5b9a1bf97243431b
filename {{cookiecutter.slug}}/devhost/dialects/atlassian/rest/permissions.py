"""What somebody may do: administrators everything, guests read, others what is not administration (7.3)."""

from typing import Any

from fastapi import Request

from devhost.dialects.atlassian.access import JiraReader, WikiReader, read_members, site_router
from devhost.dialects.atlassian.rest.about import somebody
from devhost.dialects.atlassian.state import StateDep
from devhost.errors import bad_request
from devhost.world.people import Person

router = site_router("/rest")


def may(person: Person | None, permission: str) -> bool:
    """Say whether somebody has a permission of Jira, or may do an operation of Confluence."""
    if person is None:
        return False
    if person.is_group_admin:
        return True
    if permission.upper().startswith("ADMINISTER"):
        return False
    return permission.upper() in ("BROWSE_PROJECTS", "READ") if person.is_guest else True


@router.post("/api/3/permissions/check")
async def check(request: Request, caller: JiraReader, state: StateDep) -> dict[str, Any]:
    """Return which of the permissions somebody has, of the site, in projects and for issues."""
    body = await read_members(request)
    account = body.get("accountId")
    person = caller.person if account is None else somebody(state, account)
    names = body.get("globalPermissions") or []
    granted = [one for one in names if may(person, str(one))]
    found = []
    for asked in body.get("projectPermissions") or []:
        if not isinstance(asked, dict) or not isinstance(asked.get("permissions"), list):
            raise bad_request("projectPermissions: permissions, projects and issues are needed")
        projects = {one.id for one in caller.site.tracker.projects.values()} & _ids(asked, "projects")
        issues = {one.id for one in caller.site.tracker} & _ids(asked, "issues")
        found += [
            {"permission": name, "projects": sorted(projects), "issues": sorted(issues)}
            for name in asked["permissions"]
            if may(person, str(name))
        ]
    return {"globalPermissions": granted, "projectPermissions": found}


@router.post("/api/content/{page}/permission/check")
async def check_page(page: str, request: Request, caller: WikiReader, state: StateDep) -> dict[str, Any]:
    """Say whether somebody may do something with a page."""
    caller.site.library.page(page)
    body = await read_members(request)
    subject = body.get("subject")
    account = subject.get("identifier") if isinstance(subject, dict) else None
    person = somebody(state, account)
    return {"hasPermission": may(person, str(body.get("operation", ""))), "errors": []}


def _ids(asked: dict[str, Any], name: str) -> set[int]:
    """Read ids, which add-ons send as their tokens hold them, too: as texts."""
    given = asked.get(name) or []
    if not isinstance(given, list):
        raise bad_request(f"{name}: a list of ids is needed", field=name)
    texts = [str(one) for one in given]
    return {int(one) for one in texts if one.isascii() and one.isdigit()}

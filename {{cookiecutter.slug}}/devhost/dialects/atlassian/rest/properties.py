"""Properties: what an add-on keeps at an issue, a page, or at the site for itself."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from devhost.dialects.atlassian import changes
from devhost.dialects.atlassian.access import (
    AnyCaller,
    Caller,
    JiraCaller,
    JiraReader,
    WikiCaller,
    WikiReader,
    read_json,
    read_members,
    site_router,
)
from devhost.dialects.atlassian.rest.content import paged
from devhost.dialects.atlassian.state import StateDep
from devhost.errors import HostError, bad_request, forbidden, not_found

router = site_router("/rest")

LONGEST_KEY = 255


@router.get("/api/3/issue/{key}/properties")
async def list_of_issue(key: str, caller: JiraReader) -> dict[str, Any]:
    """List the keys of an issue's properties."""
    address = f"{caller.site.base_url}/rest/api/3/issue/{key}/properties"
    return {"keys": [{"self": f"{address}/{one}", "key": one} for one in caller.site.tracker.issue(key).properties]}


@router.get("/api/3/issue/{key}/properties/{name}")
async def read_of_issue(key: str, name: str, caller: JiraReader) -> dict[str, Any]:
    """Return a property of an issue."""
    return {"key": name, "value": _held(caller.site.tracker.issue(key).properties, name)}


@router.put("/api/3/issue/{key}/properties/{name}")
async def set_of_issue(key: str, name: str, request: Request, caller: JiraCaller, state: StateDep) -> JSONResponse:
    """Set a property of an issue: 201 when it is new; whoever listens is told after the answer."""
    issue = caller.site.tracker.issue(key)
    _require_key(name)
    value = await read_json(request)
    is_new = name not in issue.properties
    issue.properties[name] = value
    changes.publish(state, caller.site, issue.key)
    state.shell.spawn(changes.report_property(state, caller.site, issue, name, trace=caller.trace))
    return JSONResponse({"key": name}, status_code=201 if is_new else 200)


@router.delete("/api/3/issue/{key}/properties/{name}", status_code=204)
async def delete_of_issue(key: str, name: str, caller: JiraCaller, state: StateDep) -> Response:
    """Delete a property of an issue."""
    issue = caller.site.tracker.issue(key)
    _held(issue.properties, name)
    del issue.properties[name]
    changes.publish(state, caller.site, issue.key)
    return Response(status_code=204)


@router.get("/atlassian-connect/1/addons/{addon}")
async def read_addon(addon: str, caller: AnyCaller) -> dict[str, Any]:
    """Return what the site knows of the add-on itself."""
    _require_self(addon, caller)
    return {
        "key": addon,
        "version": "1.0.0",
        "state": "ENABLED",
        "host": {"product": caller.site.title},
        "links": {"self": [{"href": f"{caller.site.base_url}/rest/atlassian-connect/1/addons/{addon}"}]},
    }


@router.get("/atlassian-connect/1/addons/{addon}/properties")
async def list_of_addon(addon: str, caller: AnyCaller) -> dict[str, Any]:
    """List the keys of the add-on's properties."""
    _require_self(addon, caller)
    return {"keys": [{"key": one} for one in caller.installation.properties]}


@router.get("/atlassian-connect/1/addons/{addon}/properties/{name}")
async def read_of_addon(addon: str, name: str, caller: AnyCaller) -> dict[str, Any]:
    """Return a property of the add-on."""
    _require_self(addon, caller)
    return {"key": name, "value": _held(caller.installation.properties, name)}


@router.put("/atlassian-connect/1/addons/{addon}/properties/{name}")
async def set_of_addon(addon: str, name: str, request: Request, caller: AnyCaller) -> JSONResponse:
    """Set a property of the add-on: 201 when it is new."""
    _require_self(addon, caller)
    _require_key(name)
    is_new = name not in caller.installation.properties
    caller.installation.properties[name] = await read_json(request)
    status = 201 if is_new else 200
    return JSONResponse({"message": "Property saved.", "status-code": status}, status_code=status)


@router.delete("/atlassian-connect/1/addons/{addon}/properties/{name}", status_code=204)
async def delete_of_addon(addon: str, name: str, caller: AnyCaller) -> Response:
    """Delete a property of the add-on."""
    _require_self(addon, caller)
    _held(caller.installation.properties, name)
    del caller.installation.properties[name]
    return Response(status_code=204)


@router.get("/api/content/{page}/property")
async def list_of_page(page: str, caller: WikiReader, start: int = 0, limit: int = 25) -> dict[str, Any]:
    """List the properties of a page with their versions."""
    found = [_versioned(name, *held) for name, held in caller.site.library.page(page).properties.items()]
    return paged(caller.site, f"/rest/api/content/{page}/property", found, {}, start=start, limit=limit)


@router.get("/api/content/{page}/property/{name}")
async def read_of_page(page: str, name: str, caller: WikiReader) -> dict[str, Any]:
    """Return a property of a page with its version."""
    return _versioned(name, *_held(caller.site.library.page(page).properties, name))


@router.post("/api/content/{page}/property")
async def add_of_page(page: str, request: Request, caller: WikiCaller) -> dict[str, Any]:
    """Add a property to a page; 409 when it is there."""
    held = caller.site.library.page(page).properties
    body = await read_members(request)
    name = body.get("key")
    if not isinstance(name, str):
        raise bad_request("key: a text is needed", field="key")
    _require_key(name)
    if name in held:
        raise HostError(409, f"The property {name} is there already")
    held[name] = (body.get("value"), 1)
    return _versioned(name, *held[name])


@router.put("/api/content/{page}/property/{name}")
async def set_of_page(page: str, name: str, request: Request, caller: WikiCaller) -> dict[str, Any]:
    """Change a property of a page; 409 unless the version is the next one."""
    held = caller.site.library.page(page).properties
    body = await read_members(request)
    version = body.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    before = held.get(name, (None, 0))[1]
    if number != before + 1:
        raise HostError(409, f"The version must be {before + 1}, not {number}")
    held[name] = (body.get("value"), number)
    return _versioned(name, *held[name])


@router.delete("/api/content/{page}/property/{name}", status_code=204)
async def delete_of_page(page: str, name: str, caller: WikiCaller) -> Response:
    """Delete a property of a page."""
    held = caller.site.library.page(page).properties
    _held(held, name)
    del held[name]
    return Response(status_code=204)


def _versioned(name: str, value: Any, number: int) -> dict[str, Any]:
    return {"id": name, "key": name, "value": value, "version": {"number": number, "minorEdit": True}}


def _held(properties: dict[str, Any], name: str) -> Any:
    if name not in properties:
        raise not_found(f"Property {name}")
    return properties[name]


def _require_key(name: str) -> None:
    if not 0 < len(name) <= LONGEST_KEY:
        raise bad_request(f"The key of a property has 1 to {LONGEST_KEY} characters", field="key")


def _require_self(addon: str, caller: Caller) -> None:
    if addon != caller.installation.key:
        raise forbidden("An add-on reads and writes its own properties only")

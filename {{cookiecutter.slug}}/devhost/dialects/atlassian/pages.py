"""The pages of sites: a list of them, an issue, a page of Confluence, and add-ons' own pages."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from devhost.dialects.atlassian import modules
from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import AtlassianHost, Where
from devhost.dialects.atlassian.modules import text
from devhost.dialects.atlassian.opening import SiteLook, find_module
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.view import SiteView
from devhost.errors import InstallRefused, bad_request
from devhost.page.render import page_router, render
from devhost.world.jsonvalue import Json

router = page_router()

_STATIC = Path(__file__).parent / "static"


async def get_sites(request: Request) -> AtlassianHost:
    """Return the acts on sites of the app that serves a request."""
    host = request.app.state.atlassian
    if not isinstance(host, AtlassianHost):
        raise TypeError("app.state.atlassian is not an AtlassianHost: build the app with create_devhost")
    return host


SitesDep = Annotated[AtlassianHost, Depends(get_sites)]


def offered(request: Request) -> str:
    """Return the descriptor that the devhost was started with; empty when it is none for sites."""
    return getattr(request.app.state, "offered_site", None) or ""


def overview(
    request: Request,
    host: AtlassianHost,
    user: str,
    *,
    refused: InstallRefused | None = None,
    outcome: Json = None,
) -> HTMLResponse:
    """Show all sites, what was refused, and what an attack came to."""
    place = Place(site=host.site(), person=host.person(user))
    view = SiteView(host=host, place=place, back="/sites", offered=offered(request))
    return render("sites.html", status=422 if refused else 200, view=view, refused=refused, outcome=outcome)


@router.get("/sites")
async def sites(request: Request, host: SitesDep, user: str = "admin") -> Response:
    """List the sites, their add-ons, and what can be done to them."""
    return overview(request, host, user)


@router.get("/page/sites/static/{name}")
async def static(name: Literal["site.js", "site-bridge.js", "site-frame.js", "sites.css"]) -> FileResponse:
    """Return a file of the sites' pages."""
    return FileResponse(_STATIC / name, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"})


@router.get("/{site}/browse/{key}")
async def issue(site: str, key: str, host: SitesDep, user: str = "admin") -> Response:
    """Show an issue with what add-ons show on it."""
    place = host.place(site, issue=key, user=user)
    return render("site_issue.html", view=SiteView(host=host, place=place, back=f"/{site}/browse/{key}"))


@router.get("/{site}/spaces/{space}/pages/{number}")
async def page(site: str, space: str, number: str, host: SitesDep, user: str = "admin") -> Response:
    """Show a page of Confluence with what add-ons show on it."""
    place = host.place(site, page=number, user=user)
    view = SiteView(host=host, place=place, back=f"/{site}/spaces/{space}/pages/{number}")
    return render("site_page.html", view=view)


@router.get("/{site}/plugins/servlet/ac/{addon}/{key}")
async def module(site: str, addon: str, key: str, request: Request, host: SitesDep, user: str = "admin") -> Response:
    """Show a page of an add-on, as large as it likes; parameters that begin with `ac.` are handed to it."""
    place = host.place(site, user=user)
    data = {name[3:]: value for name, value in request.query_params.items() if name.startswith("ac.")}
    look = SiteLook(installation=place.site.addon(addon), key=key, place=place, data=data)
    kind, found = find_module(look)
    view = SiteView(host=host, place=place, back=request.url.path)
    if not modules.is_visible(look.installation, kind, found, place):
        return render("site_module.html", status=403, view=view, title=text(found.get("name"), key), opened=None)
    opened = host.opening(look)
    return render("site_module.html", view=view, title=opened.title, opened=opened)


@router.get("/page/sites/frame")
async def dialog(request: Request, host: SitesDep, site: str, addon: str, key: str, data: str = "{}") -> Response:
    """Return the frame of a dialog, for the page's script to show."""
    look = host.look(addon, key, site=site, data=_data(data), **_where(request))
    return render("site_dialog.html", opened=host.opening(look))


@router.get("/_devhost/sites/facts")
async def facts(
    request: Request,
    host: SitesDep,
    site: str,
    addon: str,
    what: Literal["token", "context", "user", "request"],
) -> dict[str, Any]:
    """Answer the script of an add-on's page: a fresh token of the kind that scripts get, and what it says."""
    where = _where(request)
    place = host.place(site, **where)
    installation = place.site.addon(addon)
    if what == "token":
        return {"value": host.context_token(installation.key, site=site, **where)}
    if what == "request":
        return {"value": host.user_token(installation.key, site=site, user=where["user"])}
    if what == "user":
        return {"value": {"atlassianAccountId": account_id(place.person) if place.person else None}}
    return {"value": place.context}


def _where(request: Request) -> Where:
    given = request.query_params
    where: Where = {"user": given.get("user", "admin")}
    if given.get("issue"):
        where["issue"] = given["issue"]
    if given.get("page"):
        where["page"] = given["page"]
    return where


def _data(raw: str) -> dict[str, str]:
    """Read what a script hands to a dialog: its plain members become parameters of the address."""
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise bad_request("data: not JSON", field="data") from error
    members = found.items() if isinstance(found, dict) else ()
    return {str(name): str(value) for name, value in members if isinstance(value, str | int | float)}

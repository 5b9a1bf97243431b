"""The devhost's pages: one for the rooms, one for consent, one for an add-on's page in a frame."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from devhost.authorize import check_authorization, denied, grant
from devhost.body import FORM, content_type, read_bytes, read_form
from devhost.browser import installed_address
from devhost.consent import ask_consent, take_consent
from devhost.control import HostDep
from devhost.errors import GlanceRefused, InstallRefused, bad_request, not_found
from devhost.guard import Guarded
from devhost.host import Host
from devhost.jsonvalue import Json
from devhost.markup import card_html, glance_html, message_html
from devhost.scopes import described

router = APIRouter(dependencies=[Guarded], include_in_schema=False)

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'self'; img-src http: https: data:; frame-src http: https:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True)
_templates.filters |= {"message_html": message_html, "card_html": card_html, "glance_html": glance_html}


def render(name: str, *, status: int = 200, **values: Json) -> HTMLResponse:
    """Render a template with the pages' security headers."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(_templates.get_template(name).render(**values), status_code=status, headers=headers)


async def form_of(request: Request) -> dict[str, str]:
    """Read a form. Raises HostError 400."""
    if content_type(request) != FORM:
        raise bad_request(f"Invalid content type: {content_type(request) or None}")
    try:
        return read_form(await read_bytes(request, 65_536))
    except ValueError as error:
        raise bad_request("The body is not a form") from error


def _index(request: Request, host: Host, *, room: str, user: str, problem: str = "") -> HTMLResponse:
    here, person = host.room(room), host.person(user)
    covering = [one for one in host.installations() if one.covers(here.id)]
    return render(
        "index.html",
        status=422 if problem else 200,
        host=host,
        room=here,
        person=person,
        rooms=list(host.world.rooms),
        people=[one for one in host.world.people if not one.is_deleted],
        messages=list(here.messages)[-100:],
        glances=host.glances(here, user=person),
        addons=covering,
        panels=host.panels(here, user=person),
        elsewhere=[one for one in host.installations() if one not in covering],
        wire=[one.public() for one in host.wire][-60:][::-1],
        offered=getattr(request.app.state, "offered", None) or "",
        problem=problem,
    )


def _back(room: str, user: str) -> RedirectResponse:
    return RedirectResponse(f"/?{urlencode({'room': room, 'user': user})}", status_code=303)


@router.get("/")
async def index(request: Request, host: HostDep, room: str = "1", user: str = "admin") -> HTMLResponse:
    """Show a room as one person sees it, the add-ons and the wire."""
    return _index(request, host, room=room, user=user)


@router.get("/addons/install")
async def install_link(
    request: Request,
    host: HostDep,
    url: str = "",
    room: str | None = None,
    relay_state: Annotated[str | None, Query(alias="relayState", max_length=2000)] = None,
) -> HTMLResponse:
    """Ask for consent; an add-on's own site sends people here."""
    return await _consent(request, host, url=url, place=room or "", relay_state=relay_state)


@router.post("/page/consent")
async def ask(request: Request, host: HostDep) -> HTMLResponse:
    """Ask for consent."""
    form = await form_of(request)
    user = form.get("user", "admin")
    return await _consent(request, host, url=form.get("url", ""), place=form.get("place", ""), user=user)


async def _consent(
    request: Request, host: Host, *, url: str, place: str, user: str = "admin", relay_state: str | None = None
) -> HTMLResponse:
    room_id = host.room(place).id if place else None
    try:
        asked = await ask_consent(host.world, url.strip(), room_id=room_id, relay_state=relay_state)
    except InstallRefused as refused:
        return _index(request, host, room=place or "1", user=user, problem=refused.reason)
    where = host.room(place).name if place else "the whole group"
    return render("consent.html", asked=asked.public(), where=where, user=user)


@router.post("/page/install")
async def install(request: Request, host: HostDep) -> Response:
    """Install after the yes."""
    form = await form_of(request)
    asked = take_consent(host.world, form.get("consent", ""))
    try:
        one = await host.approve(asked, with_browser=True)
    except InstallRefused as refused:
        room, user = str(asked.room_id or 1), form.get("user", "admin")
        return _index(request, host, room=room, user=user, problem=refused.reason)
    if asked.flow == "client":
        address = installed_address(host.world, one, relay_state=asked.relay_state)
        return RedirectResponse(address, status_code=303)
    return RedirectResponse(f"/addons/{one.client_id}", status_code=303)


@router.get("/addons/{client_id}")
async def addon(client_id: str, host: HostDep, user: str = "admin") -> HTMLResponse:
    """Show one installation with its settings page; an install ends here."""
    one = host.installation(client_id)
    settings = ""
    if one.descriptor.capabilities.configurable is not None:
        settings = host.signed_url(client_id, "configurable", room_id=one.room_id, user=user)
    title = f"{one.descriptor.name}: installed"
    return _frame(title, settings, client_id=client_id, room=str(one.room_id or 1), user=user)


def _frame(title: str, url: str, *, client_id: str, room: str, user: str) -> HTMLResponse:
    return render("frame.html", title=title, url=url, client_id=client_id, room=quote(room), user=quote(user))


@router.get("/page/open")
async def open_frame(
    host: HostDep, client_id: str, kind: str, key: str = "", room: str = "1", user: str = "admin"
) -> Response:
    """Show an add-on's page in a frame; an external page in a tab of its own."""
    # The settings of a group install belong to no room.
    here = None if kind == "configurable" else host.room(room)
    url = host.signed_url(client_id, kind, key, room_id=here, user=user)
    if kind == "externalPage":
        return RedirectResponse(url, status_code=303)
    title = f"{host.installation(client_id).descriptor.name}: {kind} {key}".strip()
    return _frame(title, url, client_id=client_id, room=room, user=user)


@router.post("/page/{act}")
async def do(act: str, request: Request, host: HostDep) -> Response:
    """Say something, load a glance, update, uninstall or deliver again; then show the room."""
    form = await form_of(request)
    room, user = form.get("room", "1"), form.get("user", "admin")
    try:
        await _act(act, form, host, room=room, user=user)
    except (GlanceRefused, InstallRefused) as refused:
        return _index(request, host, room=room, user=user, problem=refused.reason)
    return _back(room, user)


async def _act(act: str, form: dict[str, str], host: Host, *, room: str, user: str) -> None:
    client_id = form.get("client_id", "")
    match act:
        case "say":
            await host.say(room, form.get("text", ""), user=user)
        case "glance":
            await host.glance(client_id, form.get("key", ""), room_id=room, user=user)
        case "update":
            await host.update(client_id)
        case "uninstall":
            await host.uninstall(client_id)
        case "redeliver":
            await host.redeliver(form.get("delivery_id", ""))
        case _:
            raise not_found(f"The act {act}")


@router.get("/users/authorize")
async def authorize(
    host: HostDep,
    client_id: str,
    redirect_uri: str,
    response_type: str = "code",
    scope: str = "",
    state: str = "",
) -> HTMLResponse:
    """Ask a user to let an add-on act for them."""
    one, scopes = check_authorization(
        host.world, client_id=client_id, redirect_uri=redirect_uri, scope=scope, response_type=response_type
    )
    return render(
        "authorize.html",
        addon=one,
        scopes=[described(name) for name in sorted(scopes)],
        people=[person for person in host.world.people if not person.is_deleted],
        redirect_uri=redirect_uri,
        state=state,
    )


@router.post("/users/authorize")
async def authorized(request: Request, host: HostDep) -> RedirectResponse:
    """Send the browser back to the add-on with a code, or with the refusal."""
    form = await form_of(request)
    uri, state = form.get("redirect_uri", ""), form.get("state", "")
    one, scopes = check_authorization(
        host.world,
        client_id=form.get("client_id", ""),
        redirect_uri=uri,
        scope=form.get("scope", ""),
        response_type="code",
    )
    if form.get("answer") != "allow":
        return RedirectResponse(denied(uri, state), status_code=303)
    person = host.person(form.get("user", ""))
    address = grant(host.world, one, person, scopes=scopes, redirect_uri=uri, state=state)
    return RedirectResponse(address, status_code=303)


@router.get("/static/{name}")
async def static(name: str) -> FileResponse:
    """Return a file of the pages."""
    path = _HERE / "static" / name
    if "/" in name or name.startswith(".") or not path.is_file():
        raise not_found(f"File {name}")
    return FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})

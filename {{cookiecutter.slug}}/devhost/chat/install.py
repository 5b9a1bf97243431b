"""The pages on which add-ons come and go: install, consent, one add-on, update and uninstall."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.chat.live import offered
from devhost.chat.scene import Scene
from devhost.errors import InstallRefused
from devhost.page.render import done, form_of, page_router, render

router = page_router()

RELAY_STATE = 2_000
"""The longest relay state that is handed back, in characters."""


@router.get("/addons")
async def addons(request: Request, host: HostDep, room: str = "1", user: str = "admin") -> Response:
    """List what is installed, and offer to install more."""
    return await _addons(request, host, room=room, user=user)


async def _addons(
    request: Request,
    host: Host,
    *,
    room: str,
    user: str,
    url: str = "",
    place: str | None = None,
    relay_state: str = "",
    refused: InstallRefused | None = None,
) -> HTMLResponse:
    scene = await Scene.of(host, room, user, offered=offered(request))
    chosen = str(scene.room.id) if place is None else place
    return render(
        "addons.html",
        status=422 if refused else 200,
        scene=scene,
        url=url or scene.offered,
        place=chosen,
        relay_state=relay_state,
        refused=refused,
    )


@router.get("/addons/install")
async def install_link(
    request: Request,
    host: HostDep,
    url: str = "",
    room: str | None = None,
    relay_state: Annotated[str, Query(alias="relayState", max_length=RELAY_STATE)] = "",
) -> Response:
    """Fill the form in: an add-on's own site sends people here.

    Anybody's site can, so nothing is fetched yet: the devhost must not call addresses that a link has chosen.
    """
    place = str(host.room(room).id) if room else ""
    return await _addons(request, host, room=place or "1", user="admin", url=url, place=place, relay_state=relay_state)


@router.post("/page/consent")
async def ask(request: Request, host: HostDep) -> Response:
    """Ask for consent."""
    form = await form_of(request)
    given = {name: form.get(name, "") for name in ("url", "place")}
    relay_state = form.get("relayState", "")[:RELAY_STATE]
    return await _consent(request, host, **given, user=form.get("user", "admin"), relay_state=relay_state)


async def _consent(request: Request, host: Host, *, url: str, place: str, user: str, relay_state: str) -> Response:
    room_id = host.room(place).id if place else None
    try:
        asked = await host.consent(url.strip(), room_id=room_id, relay_state=relay_state or None)
    except InstallRefused as refused:
        return await _addons(
            request, host, room=place or "1", user=user, url=url, place=place, relay_state=relay_state, refused=refused
        )
    before = host.world.installations.installed(asked.descriptor.key, room_id)
    scene = await Scene.of(host, place or "1", user)
    where = scene.room.name if place else "the whole group"
    return render("consent.html", asked=asked.public(), consent=asked, where=where, scene=scene, before=before)


@router.post("/page/install")
async def install(request: Request, host: HostDep) -> Response:
    """Install after the yes."""
    form = await form_of(request)
    asked = host.take_consent(form.get("consent", ""))
    place, user = str(asked.room_id or ""), form.get("user", "admin")
    try:
        one = await host.approve(asked, with_browser=True)
    except InstallRefused as refused:
        return await _addons(request, host, room=place or "1", user=user, url=asked.url, place=place, refused=refused)
    if asked.flow == "client":
        return RedirectResponse(host.after_consent(one, relay_state=asked.relay_state), status_code=303)
    return _to_addon(one.client_id, user=user, new="true")


def _to_addon(client_id: str, **query: str) -> RedirectResponse:
    return RedirectResponse(f"/addons/{client_id}?{urlencode(query)}", status_code=303)


@router.get("/addons/{client_id}")
async def addon(
    client_id: str,
    host: HostDep,
    user: str = "admin",
    room: str = "",
    new: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Response:
    """Show one installation with its settings page; an install ends here."""
    one = host.installation(client_id)
    here = str(one.room_id or room or 1)
    scene = await Scene.of(host, here, user)
    click = host.settings_click(one, room=scene.room, person=scene.person)
    frame = None if click is None else host.opening(click)
    return render("addon.html", scene=scene, addon=one, frame=frame, new=new)


@router.post("/page/update")
async def update(request: Request, host: HostDep) -> Response:
    """Read a descriptor again; an add-on without `updateCallbackUrl` becomes a new installation."""
    form = await form_of(request)
    user = form.get("user", "admin")
    try:
        one = await host.update(form.get("client_id", ""))
    except InstallRefused as refused:
        before = host.installation(form.get("client_id", ""))
        place = str(before.room_id or "")
        return await _addons(
            request, host, room=place or "1", user=user, url=before.descriptor_url, place=place, refused=refused
        )
    return _to_addon(one.client_id, user=user)


@router.post("/page/uninstall")
async def uninstall(request: Request, host: HostDep) -> Response:
    """Uninstall an add-on and go to a room; whatever the add-on answers, it is gone."""
    form = await form_of(request)
    await host.uninstall(form.get("client_id", ""))
    return done(request, form)

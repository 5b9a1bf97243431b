"""The pages of rooms, and what is done in them."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from devhost.chat.control import HostDep
from devhost.chat.live import offered
from devhost.chat.scene import Scene
from devhost.errors import GlanceRefused, HostError
from devhost.page.render import done, form_of, page_router, render, wants_piece
from devhost.world.jsonvalue import Json

router = page_router()


@router.get("/")
async def index(request: Request, host: HostDep, room: str = "1", user: str = "admin") -> Response:
    """Show a room as one person sees it, the add-ons and the wire."""
    scene = await Scene.of(host, room, user, offered=offered(request))
    return render("room.html", scene=scene)


@router.post("/page/say")
async def say(request: Request, host: HostDep) -> Response:
    """Say something; the script is answered when add-ons have, everyone else sees the room again."""
    form = await form_of(request)
    await host.say(form.get("room", "1"), form.get("text", ""), user=form.get("user", "admin"))
    return done(request, form)


@router.post("/page/event")
async def event(request: Request, host: HostDep) -> Response:
    """Let an event happen in a room."""
    form = await form_of(request)
    item: dict[str, Json] = {}
    if form.get("topic"):
        item["topic"] = form["topic"]
    if form.get("file"):
        item["file"] = {"name": form["file"], "size": 0, "url": f"{host.base_url}/files/{quote(form['file'])}"}
    await host.fire_item(form.get("event", ""), form.get("room", "1"), item, user=form.get("user", "admin"))
    return done(request, form)


@router.post("/page/glance")
async def glance(request: Request, host: HostDep) -> Response:
    """Query one glance again."""
    form = await form_of(request)
    try:
        await host.glance(
            form.get("client_id", ""),
            form.get("key", ""),
            room_id=form.get("room", "1"),
            user=form.get("user", "admin"),
        )
    except GlanceRefused as refused:
        # The room shows the reason in the glance's place.
        if wants_piece(request):
            raise HostError(422, refused.reason) from refused
    return done(request, form)

"""The pieces of a room's page that are asked for again when something changed."""

from typing import Literal

from fastapi import Request
from fastapi.responses import Response

from devhost.chat.control import HostDep
from devhost.chat.scene import Scene
from devhost.errors import not_found
from devhost.page.render import done, form_of, page_router, render

router = page_router()

Piece = Literal["nav", "timeline", "addons", "banner", "wire", "composer"]


@router.get("/page/piece/{name}")
async def piece(name: Piece, request: Request, host: HostDep, room: str = "1", user: str = "admin") -> Response:
    """Return one piece of a room's page."""
    scene = await Scene.of(host, room, user, offered=offered(request))
    return render(f"piece_{name}.html", scene=scene)


@router.get("/page/actions")
async def actions(host: HostDep, message: str, room: str = "1", user: str = "admin") -> Response:
    """Return what add-ons offer on one message."""
    found = host.room(room).message(message)
    if found is None:
        raise not_found("The message")
    offers = await host.actions(room, user=user, message=found)
    return render("message_actions.html", actions=offers, message=found, room=room, user=user)


@router.post("/page/glances")
async def load_glances(request: Request, host: HostDep) -> Response:
    """Query all glances of a room for one person, as clients do when they open it."""
    form = await form_of(request)
    here, person = host.room(form.get("room", "1")), host.person(form.get("user", "admin"))
    host.load_glances(here, person)
    return done(request, form)


def offered(request: Request) -> str:
    """Return the descriptor that the page offers to install; empty when it was started without one."""
    return getattr(request.app.state, "offered", None) or ""

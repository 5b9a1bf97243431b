"""Keeps pages up to date: server-sent events, and the pieces that a page asks for again."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from devhost.actions import message_context
from devhost.control import HostDep
from devhost.errors import GlanceRefused, HostError, not_found
from devhost.host import Host
from devhost.page_render import PageRoute, done, form_of, render
from devhost.people import Person
from devhost.rooms import Room
from devhost.scene import Scene

router = APIRouter(route_class=PageRoute)

IDLE_SECONDS = 15
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
    for one in host.installations():
        for glance in one.descriptor.capabilities.glance if one.covers(here.id) else []:
            if glance.query_url is not None:
                host.world.spawn(_query(host, one.client_id, glance.key, here, person))
    return done(request, form)


async def _query(host: Host, client_id: str, key: str, room: Room, person: Person) -> None:
    # What goes wrong is kept with the glance, and the add-on may be gone by now.
    with suppress(GlanceRefused, HostError):
        await host.glance(client_id, key, room_id=room, user=person)


@router.get("/page/events")
async def events(host: HostDep, room: str = "1", user: str = "admin") -> StreamingResponse:
    """Tell one page what changes, for as long as it listens."""
    here, person = host.room(room), host.person(user)
    return StreamingResponse(
        _written(host, here, person), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _written(host: Host, room: Room, person: Person) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for kind, data in host.world.feed.listen(idle=IDLE_SECONDS):
        if kind == "idle":
            yield ": still here\n\n"
            continue
        body = json.dumps(_told(host, room, person, kind, data))
        yield f"event: {kind}\ndata: {body}\n\n"


def _told(host: Host, room: Room, person: Person, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Add what an add-on's open pages are told: a glance's metadata, a message of their own."""
    installation = host.world.installations.get(data.get("client_id") or "")
    if kind == "glance" and installation is not None:
        state = host.world.glances.seen(installation.client_id, data["key"], room_id=room.id, user_id=person.id)
        metadata = (state.data or {}).get("metadata") if state else None
        update = {"addon_key": installation.key, "module_key": data["key"], "metadata": metadata or {}}
        return {"client_id": installation.client_id, "update": update}
    if kind == "message":
        found = room.message(data["id"]) if data.get("room_id") == room.id else None
        return {"client_id": found.client_id, "message": message_context(found)} if found else {}
    return data


def offered(request: Request) -> str:
    """Return the descriptor that the page offers to install; empty when it was started without one."""
    return getattr(request.app.state, "offered", None) or ""

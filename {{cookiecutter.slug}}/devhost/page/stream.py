"""Tells pages what changes, as server-sent events."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from devhost.acts.control import HostDep
from devhost.acts.host import Host
from devhost.dialects.hipchat.actions import message_context
from devhost.page.render import page_router
from devhost.world.people import Person
from devhost.world.rooms import Room

router = page_router()

IDLE_SECONDS = 15


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

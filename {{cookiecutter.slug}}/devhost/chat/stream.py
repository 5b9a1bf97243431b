"""Tells pages what changes, as server-sent events."""

import json
from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse

from devhost.chat.control import HostDep
from devhost.chat.host import Host
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
        body = json.dumps(host.told_to_frames(kind, data, room=room, person=person))
        yield f"event: {kind}\ndata: {body}\n\n"

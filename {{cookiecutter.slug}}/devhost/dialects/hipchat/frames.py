"""Opens an add-on's pages and asks its glances, as a client of the host does."""

from contextlib import suppress
from typing import Any

from devhost.chat.openings import Look
from devhost.dialects.hipchat.actions import message_context
from devhost.dialects.hipchat.addresses import page_url
from devhost.dialects.hipchat.glances import GlanceState, check_glance
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import GlanceRefused, HostError
from devhost.wire.body import strict_json
from devhost.wire.outbound import Answer, Ask
from devhost.world.people import Person
from devhost.world.rooms import Room


async def ask_page(world: HipChatWorld, look: Look) -> Answer:
    """Request a page or a glance with a fresh token, as a client does."""
    url, claims = page_url(world, look)
    glance = look.kind == "glance"
    return await world.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose=f"{look.kind} {look.key}".strip(),
            timeout=world.settings.glance_timeout if glance else world.settings.page_timeout,
            headers={"accept": "application/json", "origin": world.base_url} if glance else {"accept": "text/html"},
            client_id=look.installation.client_id,
            claims=claims,
        )
    )


async def load_glance(world: HipChatWorld, look: Look) -> None:
    """Query a glance for the side bar: what goes wrong is kept with it, and the add-on may be gone by now."""
    with suppress(GlanceRefused, HostError):
        await ask_glance(world, look)


async def ask_glance(world: HipChatWorld, look: Look) -> dict[str, Any]:
    """Query a glance and keep its data. Raises GlanceRefused, and keeps the reason as what clients show."""
    answer = await ask_page(world, look)
    client_id = look.installation.client_id
    state = GlanceState(
        client_id=client_id,
        key=look.key,
        room_id=look.room_id,
        user_id=look.person.id,
        data=None,
        updated=world.clock.date(),
    )
    try:
        state.data = found = _read(world, answer)
    except GlanceRefused as refused:
        state.error = refused.reason
        raise
    finally:
        world.glances.put(state)
        world.feed.publish("glance", {"client_id": client_id, "key": look.key, "room_id": look.room_id})
    return found


def _read(world: HipChatWorld, answer: Answer) -> dict[str, Any]:
    def refuse(reason: str) -> GlanceRefused:
        return GlanceRefused(reason, status=answer.status, body=answer.text)

    if answer.error:
        raise refuse(f"The glance cannot be loaded: {answer.error}")
    if answer.status != 200:  # noqa: PLR2004
        raise refuse(f"The glance cannot be loaded: status {answer.status}, and clients want 200")
    allowed = answer.headers.get("access-control-allow-origin", "")
    if allowed not in ("*", world.base_url):
        raise refuse(
            f"A browser would not hand the answer to the client: Access-Control-Allow-Origin is {allowed!r}; "
            f"answer with * or {world.base_url}"
        )
    try:
        data = strict_json(answer.body)
    except ValueError as error:
        raise refuse("The glance's answer is not JSON") from error
    try:
        return check_glance(data)
    except GlanceRefused as refused:
        raise refuse(refused.reason) from refused


def told(world: HipChatWorld, kind: str, data: dict[str, Any], *, room: Room, person: Person) -> dict[str, Any]:
    """Add to a change what the add-on's open pages are told: a glance's metadata, a message of their own."""
    installation = world.installations.get(data.get("client_id") or "")
    if kind == "glance" and installation is not None:
        state = world.glances.seen(installation.client_id, data["key"], room_id=room.id, user_id=person.id)
        metadata = (state.data or {}).get("metadata") if state else None
        update = {"addon_key": installation.key, "module_key": data["key"], "metadata": metadata or {}}
        return {"client_id": installation.client_id, "update": update}
    if kind == "message":
        found = room.message(data["id"]) if data.get("room_id") == room.id else None
        return {"client_id": found.client_id, "message": message_context(found)} if found else {}
    return data

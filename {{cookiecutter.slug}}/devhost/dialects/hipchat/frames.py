"""Opens an add-on's pages and asks its glances, as a client of the host does."""

from typing import Any

import httpx

from devhost.dialects.hipchat.glances import GlanceState, check_glance
from devhost.dialects.hipchat.signing import Forgery
from devhost.dialects.hipchat.tokens import page_url
from devhost.errors import GlanceRefused
from devhost.wire.body import strict_json
from devhost.wire.outbound import Answer, Ask
from devhost.world.installations import Installation
from devhost.world.people import Person
from devhost.world.state import World

# The body is handed on decoded and whole, so these no longer say the truth about it.
_DROPPED = {"content-encoding", "content-length", "transfer-encoding"}


async def open_page(
    world: World,
    installation: Installation,
    kind: str,
    key: str = "",
    *,
    room_id: int | None,
    person: Person,
    values: dict[str, Any] | None = None,
    forgery: Forgery | None = None,
) -> httpx.Response:
    """Request a page with a fresh token. Raises httpx.RequestError when the add-on does not answer."""
    url, claims = page_url(
        world, installation, kind, key, room_id=room_id, person=person, values=values, forgery=forgery
    )
    answer = await world.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose=f"{kind} {key}".strip(),
            timeout=world.settings.page_timeout,
            headers={"accept": "text/html"},
            client_id=installation.client_id,
            claims=claims,
        )
    )
    request = httpx.Request("GET", url)
    if answer.status is None:
        raise httpx.RequestError(answer.error, request=request)
    headers = [(name, value) for name, value in answer.headers.multi_items() if name not in _DROPPED]
    return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)


async def ask_glance(
    world: World,
    installation: Installation,
    key: str,
    *,
    room_id: int,
    person: Person,
    forgery: Forgery | None = None,
) -> GlanceState:
    """Query a glance and keep its data. Raises GlanceRefused, and keeps the reason as what clients show."""
    url, claims = page_url(world, installation, "glance", key, room_id=room_id, person=person, forgery=forgery)
    answer = await world.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose=f"glance {key}",
            timeout=world.settings.glance_timeout,
            headers={"accept": "application/json", "origin": world.base_url},
            client_id=installation.client_id,
            claims=claims,
        )
    )
    state = GlanceState(
        client_id=installation.client_id,
        key=key,
        room_id=room_id,
        user_id=person.id,
        data=None,
        updated=world.clock.date(),
    )
    try:
        state.data = _read(world, answer)
    except GlanceRefused as refused:
        state.error = refused.reason
        raise
    finally:
        world.glances.put(state)
        world.feed.publish("glance", {"client_id": installation.client_id, "key": key, "room_id": room_id})
    return state


def _read(world: World, answer: Answer) -> dict[str, Any]:
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

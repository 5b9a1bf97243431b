"""The history of rooms and private conversations."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from devhost.dialects.hipchat.access import ViewMessages, acting_person, room_for
from devhost.dialects.hipchat.rest.paging import MAX_RESULTS, Page, PageDep
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import bad_request, not_found
from devhost.world import messages
from devhost.world.clock import iso
from devhost.world.messages import Message
from devhost.world.sessions import Session

router = APIRouter(prefix="/v2")

RECENT = 75


async def get_zone(timezone: str = "UTC") -> ZoneInfo:
    """Read the time zone in which dates are written."""
    try:
        return ZoneInfo(timezone)
    except (ValueError, KeyError, OSError) as error:
        raise bad_request(f"timezone: {timezone!r} is no IANA time zone", field="timezone") from error


Zone = Annotated[ZoneInfo, Depends(get_zone)]
Deleted = Annotated[bool, Query(alias="include_deleted")]


def _moment(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        # A plus sign in a query means a space, so an offset arrives with one unless it was encoded.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad_request(f"{field}: {text!r} is neither `recent` nor an ISO 8601 date", field=field) from error


def _written(world: HipChatWorld, message: Message, zone: ZoneInfo) -> dict[str, Any]:
    return messages.render(message, world.base_url) | {"date": iso(message.date.astimezone(zone))}


def room_messages(world: HipChatWorld, session: Session, ref: str) -> list[Message]:
    """Return a room's messages, oldest first."""
    return list(room_for(world, session, ref).messages)


def private_messages(world: HipChatWorld, session: Session, ref: str) -> list[Message]:
    """Return the conversation of the token's user with another user, oldest first."""
    me, other = acting_person(world, session), world.person(ref)
    return list(world.private.get(frozenset({me.id, other.id}), []))


def _seen(found: Iterable[Message], *, deleted: bool) -> list[Message]:
    return [message for message in found if deleted or not message.deleted]


def history(
    world: HipChatWorld,
    found: list[Message],
    page: Page,
    zone: ZoneInfo,
    *,
    date: str,
    end_date: str | None,
    reverse: bool,
) -> dict[str, Any]:
    """Write a page of history: the newest 75 for `recent`, else what was said up to a date."""
    if date == "recent":
        recent = found[-RECENT:] if reverse else found[-RECENT:][::-1]
        whole = Page(address=page.address, query=page.query, start=0, size=RECENT, expand=page.expand)
        return whole.of(recent, lambda message: _written(world, message, zone))
    newest = _moment(date, zone, "date")
    oldest = _moment(end_date, zone, "end-date") if end_date else None
    part = [one for one in found if one.date <= newest and (oldest is None or one.date >= oldest)]
    # Pages count from the newest message; `reverse` writes the oldest of a page first.
    answer = page.of(part[::-1], lambda message: _written(world, message, zone))
    if reverse:
        answer["items"].reverse()
    return answer


def latest(
    world: HipChatWorld, found: list[Message], page: Page, zone: ZoneInfo, *, not_before: str | None
) -> dict[str, Any]:
    """Write the newest messages, the oldest first; `not_before` is the id of the first one wanted."""
    if not_before:
        position = next((number for number, one in enumerate(found) if one.id == not_before), None)
        if position is None:
            raise not_found(f"Message {not_before}")
        found = found[position:]
    size = int(page.query.get("max-results", RECENT))
    whole = Page(address=page.address, query=page.query, start=0, size=min(size, MAX_RESULTS), expand=page.expand)
    return whole.of(found[-size:] if size else [], lambda message: _written(world, message, zone))


def one_message(world: HipChatWorld, found: list[Message], message_id: str, zone: ZoneInfo) -> dict[str, Any]:
    """Write one message."""
    for message in found:
        if message.id == message_id:
            return {"message": _written(world, message, zone)}
    raise not_found(f"Message {message_id}")


async def get_messages(
    kind: Literal["room", "user"], ref: str, world: WorldDep, session: ViewMessages
) -> list[Message]:
    """Return the messages of the room or conversation in the path."""
    find = room_messages if kind == "room" else private_messages
    return find(world, session, ref)


Messages = Annotated[list[Message], Depends(get_messages)]


@router.get("/{kind}/{ref}/history")  # noqa: FAST003 - get_messages reads them
async def get_history(
    world: WorldDep,
    found: Messages,
    page: PageDep,
    zone: Zone,
    date: str = "recent",
    end_date: Annotated[str | None, Query(alias="end-date")] = None,
    reverse: bool = True,  # noqa: FBT001, FBT002 - a query parameter
    deleted: Deleted = True,  # noqa: FBT002
) -> dict[str, Any]:
    """Return history up to a date, or the recent part of it."""
    return history(
        world,
        _seen(found, deleted=deleted),
        page,
        zone,
        date=date,
        end_date=end_date,
        reverse=reverse,
    )


@router.get("/{kind}/{ref}/history/latest")  # noqa: FAST003 - get_messages reads them
async def get_latest(
    world: WorldDep,
    found: Messages,
    page: PageDep,
    zone: Zone,
    not_before: Annotated[str | None, Query(alias="not-before")] = None,
    deleted: Deleted = True,  # noqa: FBT002
) -> dict[str, Any]:
    """Return the newest messages."""
    return latest(world, _seen(found, deleted=deleted), page, zone, not_before=not_before)


@router.get("/{kind}/{ref}/history/{message_id}")  # noqa: FAST003 - get_messages reads them
async def get_one(message_id: str, world: WorldDep, found: Messages, zone: Zone) -> dict[str, Any]:
    """Return one message."""
    return one_message(world, found, message_id, zone)

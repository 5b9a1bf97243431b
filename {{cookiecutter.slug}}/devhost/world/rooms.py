"""The rooms of the group and how the API writes them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from devhost.world import people
from devhost.world.clock import iso
from devhost.world.messages import Message
from devhost.world.people import People, Person, new_version

HISTORY_LIMIT = 5000


@dataclass(slots=True, kw_only=True, eq=False)
class Room:
    """One room with its timeline; the oldest messages fall out at the limit."""

    id: int
    name: str
    owner: Person
    created: datetime
    privacy: Literal["public", "private"] = "public"
    topic: str = ""
    is_archived: bool = False
    is_guest_accessible: bool = False
    delegate_admin_visibility: bool | None = None
    avatar: bytes | None = None
    members: set[int] = field(default_factory=set)
    admins: set[int] = field(default_factory=set)
    participants: set[int] = field(default_factory=set)
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=HISTORY_LIMIT))
    messages_sent: int = 0
    last_active: datetime | None = None
    version: str = field(default_factory=new_version)

    def add(self, message: Message) -> Message:
        """Put a message at the end of the timeline."""
        self.messages.append(message)
        self.messages_sent += 1
        self.last_active = message.date
        return message

    def message(self, message_id: str) -> Message | None:
        """Find a message of this room."""
        return next((one for one in self.messages if one.id == message_id), None)


class Rooms:
    """All rooms, found by id or name."""

    def __init__(self) -> None:
        self._by_id: dict[int, Room] = {}
        self._last = 0

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._by_id.values()))

    def add(
        self,
        *,
        name: str,
        owner: Person,
        created: datetime,
        privacy: Literal["public", "private"] = "public",
        topic: str = "",
        is_guest_accessible: bool = False,
        delegate_admin_visibility: bool | None = None,
    ) -> Room:
        """Add a room with the next numeric id; its owner is a member."""
        self._last += 1
        room = Room(
            id=self._last,
            name=name,
            owner=owner,
            created=created,
            privacy=privacy,
            topic=topic,
            is_guest_accessible=is_guest_accessible,
            delegate_admin_visibility=delegate_admin_visibility,
        )
        room.members.add(owner.id)
        room.admins.add(owner.id)
        self._by_id[room.id] = room
        return room

    def find(self, ref: int | str) -> Room | None:
        """Find a room by id or by name."""
        text = str(ref)
        if text.isascii() and text.isdigit() and len(text) < 20:  # noqa: PLR2004 - longer than any id
            return self._by_id.get(int(text))
        wanted = text.casefold()
        return next((room for room in self._by_id.values() if room.name.casefold() == wanted), None)

    def remove(self, room: Room) -> None:
        """Forget a room."""
        self._by_id.pop(room.id, None)


def stub(room: Room, base_url: str) -> dict[str, Any]:
    """Write a room as lists and webhooks hold it."""
    here = f"{base_url}/v2/room/{room.id}"
    links = {"self": here, "webhooks": f"{here}/webhook", "participants": f"{here}/participant"}
    if room.privacy == "private":
        links["members"] = f"{here}/member"
    return {
        "id": room.id,
        "name": room.name,
        "is_archived": room.is_archived,
        "privacy": room.privacy,
        "version": room.version,
        "links": links,
    }


def details(room: Room, base_url: str, everyone: People) -> dict[str, Any]:
    """Write a room in full."""
    here = f"{base_url}/v2/room/{room.id}"
    guest_url = f"{base_url}/g{room.id}" if room.is_guest_accessible else None
    present = [everyone.get(number) for number in sorted(room.participants)]
    return stub(room, base_url) | {
        "xmpp_jid": f"1_{room.id}@conf.devhost",
        "topic": room.topic,
        "is_guest_accessible": room.is_guest_accessible,
        "guest_access_url": guest_url,
        "delegate_admin_visibility": room.delegate_admin_visibility,
        "avatar_url": f"{here}/avatar" if room.avatar else None,
        "created": iso(room.created),
        "last_active": iso(room.last_active) if room.last_active else None,
        "owner": people.stub(room.owner, base_url),
        "participants": [people.stub(person, base_url) for person in present if person],
        "statistics": {"links": {"self": f"{here}/statistics"}},
    }

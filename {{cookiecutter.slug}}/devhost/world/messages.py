"""One line of a room's or a private conversation's timeline, and how the API writes it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from devhost.world import people
from devhost.world.clock import iso
from devhost.world.people import Person

Kind = Literal["message", "notification", "topic", "guest_access"]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message; `sender` is a person, or None for an add-on's notification whose name is `from_name`."""

    date: datetime
    text: str
    kind: Kind = "message"
    sender: Person | None = None
    from_name: str = ""
    client_id: str | None = None
    addon_key: str | None = None
    format: Literal["html", "text"] = "text"
    color: str = ""
    notify: bool = False
    card: dict[str, Any] | None = None
    attach_to: str | None = None
    parent_id: str | None = None
    file: dict[str, Any] | None = None
    link: str | None = None
    mentions: list[Person] = field(default_factory=list)
    deleted: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def render(message: Message, base_url: str) -> dict[str, Any]:
    """Write a message as history and webhooks do: `from` is an object for people and a string for add-ons."""
    sender: Any = people.stub(message.sender, base_url) if message.sender else message.from_name or None
    body: dict[str, Any] = {
        "id": message.id,
        "date": iso(message.date),
        "from": sender,
        "message": "" if message.deleted else message.text,
        "type": message.kind,
        "mentions": [people.stub(person, base_url) for person in message.mentions],
    }
    if message.kind == "notification":
        body |= {"message_format": message.format, "color": message.color, "notify": message.notify}
        if message.addon_key:
            body["notification_sender"] = {"id": message.addon_key, "type": "addon"}
    if message.deleted:
        body["deleted"] = True
    optional = {
        "card": message.card,
        "file": message.file,
        "attach_to": message.attach_to,
        "parent_message_id": message.parent_id,
        "message_links": [{"type": "link", "url": message.link, "link": {"fullUrl": message.link}}]
        if message.link
        else None,
    }
    return body | {name: value for name, value in optional.items() if value is not None}

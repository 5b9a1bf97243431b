"""Puts messages and notifications into a room's timeline."""

import random
from typing import Any

from devhost.dialects.hipchat.cards import Notification
from devhost.world.installations import Installation
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room
from devhost.world.state import World

_COLORS = ("yellow", "green", "red", "purple", "gray")


def add_notification(
    world: World,
    room: Room,
    body: Notification,
    data: dict[str, Any],
    *,
    installation: Installation | None = None,
    person: Person | None = None,
) -> Message:
    """Add a notification that was checked as `body`; its card is kept as it came in `data`."""
    name = installation.name if installation else person.name if person else "Notification"
    if body.label:
        name = f"{name} · {body.label}"
    color = random.choice(_COLORS) if body.color == "random" else body.color  # noqa: S311 - a colour
    message = Message(
        date=world.clock.date(),
        text=body.message,
        kind="notification",
        from_name=name,
        client_id=installation.client_id if installation else None,
        addon_key=installation.key if installation else None,
        format=body.message_format,
        color=color,
        notify=body.notify in (True, "true"),
        card=data.get("card") if body.card else None,
        attach_to=body.attach_to,
        mentions=world.people.mentioned(body.message) if body.message_format == "text" else [],
    )
    return add_message(world, room, message)


def add_message(world: World, room: Room, message: Message) -> Message:
    """Add any message and tell the listeners."""
    room.add(message)
    world.feed.publish("message", {"room_id": room.id, "id": message.id})
    return message


def spoken(
    world: World,
    sender: Person,
    text: str,
    *,
    link: str | None = None,
    file: dict[str, Any] | None = None,
) -> Message:
    """Make a person's message with its mentions."""
    return Message(
        date=world.clock.date(),
        text=text,
        sender=sender,
        mentions=world.people.mentioned(text),
        link=link,
        file=file,
    )

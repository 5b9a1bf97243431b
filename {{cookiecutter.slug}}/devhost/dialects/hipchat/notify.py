"""Puts messages and notifications into a room's timeline."""

import random
from datetime import datetime
from typing import Any

from devhost.dialects.hipchat.cards import Notification
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room

_COLORS = ("yellow", "green", "red", "purple", "gray")


def add_notification(
    world: HipChatWorld,
    room: Room,
    body: Notification,
    data: dict[str, Any],
    *,
    installation: HipChatInstallation | None = None,
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
    return world.shell.post(room, message)


def notice(date: datetime, item: dict[str, Any]) -> Message:
    """Make the notification of an integration, as the members of an event's item say."""
    text = item.get("message")
    return Message(
        date=date,
        text=text if isinstance(text, str) else "Hello",
        kind="notification",
        from_name=str(item.get("from_name", "Integration")),
        color=str(item.get("color", "yellow")),
        format="html" if item.get("message_format", "html") == "html" else "text",
    )

"""Sends events to the webhooks that want them, and posts their answers into the room."""

import asyncio
import json
from functools import partial
from typing import Any

from devhost.acts import sending
from devhost.dialects.hipchat.addresses import with_query
from devhost.dialects.hipchat.cards import Notification
from devhost.dialects.hipchat.events import MESSAGE_EVENTS, check_event, item_for, message_item
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.notify import add_notification
from devhost.dialects.hipchat.signing import mint
from devhost.dialects.hipchat.webhooks import Registration
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.wire.body import strict_json
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer, Ask
from devhost.world.messages import Message
from devhost.world.people import Person
from devhost.world.rooms import Room


async def announce(world: HipChatWorld, room: Room, message: Message, *, is_reply: bool = False) -> list[Delivery]:
    """Report a message or notification and wait for the answers."""
    event = "room_notification" if message.kind == "notification" else "room_message"
    return await _dispatch(
        world,
        event,
        room,
        item=message_item(world, room, message),
        sender=message.sender,
        text=message.text,
        author=message.client_id,
        is_reply=is_reply,
    )


async def report(
    world: HipChatWorld, event: str, room: Room, sender: Person, extra: dict[str, Any] | None = None
) -> list[Delivery]:
    """Report any other event and wait for the answers; `extra` replaces members of its item."""
    item = item_for(world, check_event(event), room, sender, extra or {})
    return await _dispatch(world, event, room, item=item, sender=sender)


async def _dispatch(
    world: HipChatWorld,
    event: str,
    room: Room,
    *,
    item: dict[str, Any],
    sender: Person | None,
    text: str | None = None,
    author: str | None = None,
    is_reply: bool = False,
) -> list[Delivery]:
    found: list[Delivery] = []
    for one in world.webhooks:
        if one.hook.event != event or not _reaches(world, one, room):
            continue
        # An add-on does not hear its own notifications: answering them would never end.
        if author is not None and one.client_id == author:
            continue
        note = "" if text is None else await _pattern_note(world, one, text)
        if note is None:
            continue
        body: dict[str, Any] = {"event": event, "item": item, "webhook_id": one.id}
        if one.client_id:
            body["oauth_client_id"] = one.client_id
        delivery = Delivery(
            event=event,
            url=one.hook.url,
            webhook_id=one.id,
            client_id=one.client_id,
            room_id=room.id,
            body=body,
            sender_id=sender.id if sender else None,
            timezone=sender.timezone if sender else "UTC",
            signed=one.hook.authentication == "jwt" and one.client_id is not None,
            is_reply=is_reply,
            note=note,
        )
        world.deliveries.add(delivery)
        found.append(delivery)
    unsent = [delivery for delivery in found if not delivery.note]
    if world.broken.hold:
        world.deliveries.held += unsent
    else:
        await asyncio.gather(*(send(world, delivery) for delivery in unsent))
    return [delivery for delivery in found if not delivery.note or delivery.attempts]


def _reaches(world: HipChatWorld, one: Registration, room: Room) -> bool:
    if one.room_id is not None and one.room_id != room.id:
        return False
    if one.client_id is None:
        return True
    installation = world.installations.get(one.client_id)
    return installation is not None and installation.state == "installed" and installation.covers(room.id)


async def _pattern_note(world: HipChatWorld, one: Registration, text: str) -> str | None:
    """Return None when the pattern does not match; a note when it cannot be searched."""
    if one.hook.event not in MESSAGE_EVENTS or one.hook.pattern is None:
        return ""
    settings = world.settings
    try:
        matched = await world.matcher.matches(
            one.hook.pattern, text, mode=settings.pattern_mode, limit=settings.pattern_timeout
        )
    except TimeoutError:
        return f"not sent: the pattern took longer than {settings.pattern_timeout:g} s on this message"
    return "" if matched else None


async def send(world: HipChatWorld, delivery: Delivery) -> None:
    """Send a delivery with a fresh token."""
    await sending.send(
        world.shell,
        world.outbound,
        delivery,
        signed=partial(_signed, world),
        answered=partial(_use_answer, world),
    )


def _signed(world: HipChatWorld, delivery: Delivery) -> Ask:
    headers = {"content-type": "application/json"}
    url = delivery.url
    claims = None
    installation = world.installations.get(delivery.client_id or "")
    if delivery.signed and installation is not None:
        token, claims = mint(
            installation.client_id,
            installation.secret,
            now=world.clock.now() + world.broken.clock_skew,
            seconds=world.settings.jwt_seconds,
            user_id=delivery.sender_id,
            room_id=delivery.room_id,
            timezone=delivery.timezone,
            forgery=world.broken.forgery,
        )
        if world.settings.webhook_token_in == "header":  # noqa: S105 - a place
            headers["authorization"] = f"JWT {token}"
        else:
            url = with_query(url, {"signed_request": token})
    return Ask(
        method="POST",
        url=url,
        purpose=f"webhook {delivery.event}",
        timeout=world.settings.webhook_timeout,
        body=json.dumps(delivery.body, ensure_ascii=False).encode("utf-8"),
        headers=headers,
        client_id=delivery.client_id,
        delivery_id=delivery.id,
        claims=claims,
    )


def _use_answer(world: HipChatWorld, delivery: Delivery, answer: Answer) -> None:
    """Post a 200 JSON answer as the add-on's notification; anything else is noted and ignored."""
    if answer.error:
        delivery.note = answer.error
        return
    if answer.status != 200 or not answer.body:  # noqa: PLR2004
        delivery.note = "" if answer.ok else f"the add-on answered {answer.status}"
        return
    installation = world.installations.get(delivery.client_id or "")
    room = world.rooms.find(delivery.room_id)
    if installation is None or room is None:
        return
    delivery.note = _post_answer(world, installation, room, answer.body, quiet=delivery.is_reply)


def _post_answer(world: HipChatWorld, installation: HipChatInstallation, room: Room, raw: bytes, *, quiet: bool) -> str:
    if "send_notification" not in installation.descriptor.scopes:
        return "the answer was ignored: the add-on has no scope send_notification"
    try:
        data = strict_json(raw)
        body = Notification.model_validate(data)
    except ValueError as error:
        return f"the answer was ignored: it is no notification ({str(error).splitlines()[0]})"
    message = add_notification(world, room, body, data, installation=installation)
    if not quiet:
        world.spawn(announce(world, room, message, is_reply=True))
    return "the answer was posted as a notification"

"""Messages into rooms: notifications, messages and replies."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from devhost.dialects.hipchat.access import SendMessage, SendNotification, author, limit_headers, room_for
from devhost.dialects.hipchat.cards import Notification
from devhost.dialects.hipchat.deliver import announce
from devhost.dialects.hipchat.notify import add_notification
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import bad_request, not_found
from devhost.wire.body import FORM, check, content_type, read_bytes, read_object
from devhost.world.clock import iso
from devhost.world.messages import Message
from devhost.world.rooms import Room
from devhost.world.sessions import Session

router = APIRouter(prefix="/v2/room")

Text = Annotated[str, Field(min_length=1, max_length=1000)]


class MessageBody(BaseModel):
    """A message of the token's owner."""

    model_config = ConfigDict(strict=True)

    message: Text


class ReplyBody(BaseModel):
    """A reply to a message."""

    model_config = ConfigDict(strict=True)

    parent_id: str = Field(alias="parentMessageId", min_length=1, max_length=64)
    message: Text


async def _notification(request: Request) -> dict[str, Any]:
    kind = content_type(request)
    if kind not in ("text/plain", "text/html"):
        data = await read_object(request, form=True)
        if kind == FORM and "card" in data:
            raise bad_request("card: send cards as application/json", field="card")
        return data
    try:
        text = (await read_bytes(request)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_request("The body is not UTF-8") from error
    return {"message": text, "message_format": "text" if kind == "text/plain" else "html"}


@router.post("/{room_ref}/notification", status_code=204)
async def post_notification(room_ref: str, request: Request, world: WorldDep, session: SendNotification) -> Response:
    """Send a room notification, with a card or without."""
    room = room_for(world, session, room_ref)
    data = await _notification(request)
    body = check(Notification, data)
    world.limits.message(session, f"room {room.id}", limit_headers(request))
    message = add_notification(
        world,
        room,
        body,
        data,
        installation=world.installations.get(session.client_id or ""),
        person=world.people.get(session.person_id or 0),
    )
    world.spawn(announce(world, room, message))
    return Response(status_code=204)


def post(world: HipChatWorld, session: Session, room: Room, text: str, parent_id: str | None = None) -> Message:
    """Put a message of the token's owner into a room and report it."""
    person, name = author(world, session)
    message = Message(
        date=world.clock.date(),
        text=text,
        sender=person,
        from_name=name,
        client_id=None if person else session.client_id,
        mentions=world.people.mentioned(text),
        parent_id=parent_id,
    )
    world.shell.post(room, message)
    world.spawn(announce(world, room, message))
    return message


@router.post("/{room_ref}/message", status_code=201)
async def post_message(room_ref: str, request: Request, world: WorldDep, session: SendMessage) -> Response:
    """Send a message as the token's owner."""
    room = room_for(world, session, room_ref)
    body = check(MessageBody, await read_object(request))
    world.limits.message(session, f"room {room.id}", limit_headers(request))
    message = post(world, session, room, body.message)
    return JSONResponse({"id": message.id, "timestamp": iso(message.date)}, status_code=201)


@router.post("/{room_ref}/reply", status_code=204)
async def post_reply(room_ref: str, request: Request, world: WorldDep, session: SendMessage) -> Response:
    """Reply to a message of the room."""
    room = room_for(world, session, room_ref)
    body = check(ReplyBody, await read_object(request))
    if room.message(body.parent_id) is None:
        raise not_found(f"Message {body.parent_id}")
    world.limits.message(session, f"room {room.id}", limit_headers(request))
    post(world, session, room, body.message, parent_id=body.parent_id)
    return Response(status_code=204)

"""Links and files that are shared with a room or a person."""

import base64
import binascii
from email import message_from_bytes
from email.message import Message as Part
from email.policy import HTTP
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from devhost.dialects.hipchat.access import SendMessage, acting_person, author, limit_headers, room_for
from devhost.dialects.hipchat.deliver import announce, report
from devhost.dialects.hipchat.modules import Url
from devhost.dialects.hipchat.private import add_private
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import bad_request
from devhost.wire.body import check, content_type, read_bytes, read_object, strict_json
from devhost.world.messages import Message
from devhost.world.sessions import Session

router = APIRouter(prefix="/v2")

Kind = Literal["room", "user"]
FILE_LIMIT = 10 * 1024 * 1024


class SharedLink(BaseModel):
    """A link with a message."""

    model_config = ConfigDict(strict=True)

    link: Url
    message: str = Field(default="", max_length=1000)


class Metadata(BaseModel):
    """The message beside a file."""

    model_config = ConfigDict(strict=True)

    message: str = Field(default="", max_length=1000)


class Shared(NamedTuple):
    """What is shared, beside its text."""

    text: str
    link: str | None = None
    file: dict[str, Any] | None = None


def _share(world: HipChatWorld, session: Session, kind: Kind, ref: str, shared: Shared, request: Request) -> None:
    if kind == "user":
        sender, receiver = acting_person(world, session), world.person(ref)
        world.limits.message(session, f"user {receiver.id}", limit_headers(request))
        message = world.shell.spoken(sender, shared.text, link=shared.link, file=shared.file)
        add_private(world, sender, receiver, message)
        return
    room = room_for(world, session, ref)
    world.limits.message(session, f"room {room.id}", limit_headers(request))
    person, name = author(world, session)
    message = Message(
        date=world.clock.date(),
        text=shared.text,
        sender=person,
        from_name=name,
        client_id=None if person else session.client_id,
        link=shared.link,
        file=shared.file,
    )
    world.shell.post(room, message)
    world.spawn(announce(world, room, message))
    if shared.file is not None:
        world.spawn(report(world, "room_file_upload", room, person or room.owner, {"file": shared.file}))


@router.post("/{kind}/{ref}/share/link", status_code=204)
async def share_link(kind: Kind, ref: str, request: Request, world: WorldDep, session: SendMessage) -> Response:
    """Share a link."""
    body = check(SharedLink, await read_object(request))
    text = f"{body.message} {body.link}".strip()
    _share(world, session, kind, ref, Shared(text, link=body.link), request)
    return Response(status_code=204)


@router.post("/{kind}/{ref}/share/file", status_code=204)
async def share_file(kind: Kind, ref: str, request: Request, world: WorldDep, session: SendMessage) -> Response:
    """Share a file; its name and size are kept, its content is not."""
    if content_type(request) != "multipart/related":
        raise bad_request(f"Invalid content type: {content_type(request) or None}")
    raw = await read_bytes(request, FILE_LIMIT)
    message, name, size = _parts(request.headers["content-type"], raw)
    address = f"{world.base_url}/files/{len(raw)}-{size}"
    shared = Shared(message or name, file={"name": name, "size": size, "url": address})
    _share(world, session, kind, ref, shared, request)
    return Response(status_code=204)


def _parts(kind: str, raw: bytes) -> tuple[str, str, int]:
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    whole = message_from_bytes(head + raw, policy=HTTP)
    text, found = "", None
    for part in whole.iter_parts() if whole.is_multipart() else ():
        field = part.get_param("name", header="content-disposition")
        if field == "metadata":
            text = _metadata(part)
        elif field == "file":
            found = (part.get_filename() or "file", len(_content(part)))
    if found is None:
        raise bad_request("file: the body has no part with that name", field="file")
    return text, found[0][:255], found[1]


def _content(part: Part) -> bytes:
    content = part.get_payload(decode=True)
    if part.get("content-transfer-encoding", "").strip().lower() == "base64":
        try:
            text = str(part.get_payload()).encode("ascii")
            return base64.b64decode(b"".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise bad_request("file: not base64", field="file") from error
    return content if isinstance(content, bytes) else b""


def _metadata(part: Part) -> str:
    try:
        data = strict_json(_content(part))
    except ValueError as error:
        raise bad_request("metadata: not JSON", field="metadata") from error
    return check(Metadata, data).message

"""Rooms: list, create, read, change, delete, topic, avatar and statistics."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from devhost.chat.images import image_answer, read_image
from devhost.dialects.hipchat.access import AdminRoom, ManageRooms, ViewRoom, author, may_see, room_for
from devhost.dialects.hipchat.deliver import report
from devhost.dialects.hipchat.rest.paging import PageDep
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import HostError, bad_request
from devhost.wire.body import check, read_object
from devhost.world import rooms
from devhost.world.clock import iso
from devhost.world.messages import Message
from devhost.world.people import new_version
from devhost.world.rooms import Room

router = APIRouter(prefix="/v2/room")

Privacy = Literal["public", "private"]


class NewRoom(BaseModel):
    """A room to create."""

    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1, max_length=50)
    privacy: Privacy = "public"
    topic: str = Field(default="", max_length=250)
    owner_user_id: int | str | None = None
    guest_access: bool = False
    delegate_admin_visibility: bool | None = None


class Owner(BaseModel):
    """The user who shall own a room."""

    model_config = ConfigDict(strict=True)

    id: int | str


class ChangedRoom(BaseModel):
    """A room's new state: every member is needed."""

    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1, max_length=50)
    privacy: Privacy
    is_archived: bool
    is_guest_accessible: bool
    topic: str = Field(max_length=250)
    owner: Owner
    delegate_admin_visibility: bool | None = None


class Topic(BaseModel):
    """A new topic."""

    model_config = ConfigDict(strict=True)

    topic: str = Field(max_length=250)


class Avatar(BaseModel):
    """An image in base64."""

    model_config = ConfigDict(strict=True)

    avatar: str = Field(min_length=1)


def _free_name(world: HipChatWorld, name: str, room: Room | None = None) -> None:
    if name.isdigit():
        raise bad_request("name: digits alone would be taken for an id", field="name")
    found = world.rooms.find(name)
    if found is not None and found is not room:
        raise HostError(409, f"A room with the name {name!r} exists", field="name")


@router.get("")
async def list_rooms(
    world: WorldDep,
    session: ViewRoom,
    page: PageDep,
    private: Annotated[bool, Query(alias="include-private")] = True,  # noqa: FBT002
    archived: Annotated[bool, Query(alias="include-archived")] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """List the rooms that the token reaches."""
    found = [
        room
        for room in world.rooms
        if may_see(world, session, room)
        and (private or room.privacy == "public")
        and (archived or not room.is_archived)
    ]
    return page.of(
        found,
        lambda room: rooms.stub(room, world.base_url),
        lambda room: rooms.details(room, world.base_url, world.people),
    )


@router.post("", status_code=201)
async def create_room(request: Request, world: WorldDep, session: ManageRooms) -> JSONResponse:
    """Create a room."""
    body = check(NewRoom, await read_object(request))
    _free_name(world, body.name)
    person, _ = author(world, session)
    owner = person or world.person(1)
    if body.owner_user_id is not None:
        owner = world.person(body.owner_user_id)
    room = world.rooms.add(
        name=body.name,
        owner=owner,
        created=world.clock.date(),
        privacy=body.privacy,
        topic=body.topic,
        is_guest_accessible=body.guest_access,
        delegate_admin_visibility=body.delegate_admin_visibility,
    )
    world.spawn(report(world, "room_created", room, owner))
    address = f"{world.base_url}/v2/room/{room.id}"
    return JSONResponse({"id": room.id, "links": {"self": address}}, status_code=201, headers={"Location": address})


@router.get("/{room_ref}")
async def get_room(room_ref: str, world: WorldDep, session: ViewRoom, expand: str = "") -> dict[str, Any]:
    """Return a room in full."""
    room = room_for(world, session, room_ref)
    body = rooms.details(room, world.base_url, world.people)
    if "statistics" in expand.split(","):
        body["statistics"] = _statistics(world, room)
    return body


@router.put("/{room_ref}", status_code=204)
async def change_room(room_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> Response:
    """Change a room; archiving and unarchiving are reported."""
    room = room_for(world, session, room_ref)
    body = check(ChangedRoom, await read_object(request))
    _free_name(world, body.name, room)
    owner = world.person(body.owner.id)
    was_archived = room.is_archived
    room.name, room.privacy, room.topic, room.owner = body.name, body.privacy, body.topic, owner
    room.is_archived, room.is_guest_accessible = body.is_archived, body.is_guest_accessible
    room.delegate_admin_visibility = body.delegate_admin_visibility
    room.version = new_version()
    room.members.add(owner.id)
    if was_archived is not room.is_archived:
        event = "room_archived" if room.is_archived else "room_unarchived"
        world.spawn(report(world, event, room, author(world, session)[0] or room.owner))
    return Response(status_code=204)


@router.delete("/{room_ref}", status_code=204)
async def delete_room(room_ref: str, world: WorldDep, session: ManageRooms) -> Response:
    """Delete a room; its add-ons are told."""
    room = room_for(world, session, room_ref)
    world.spawn(report(world, "room_deleted", room, author(world, session)[0] or room.owner))
    world.rooms.remove(room)
    return Response(status_code=204)


@router.put("/{room_ref}/topic", status_code=204)
async def set_topic(room_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> Response:
    """Set a room's topic; it shows in the timeline and is reported."""
    room = room_for(world, session, room_ref)
    body = check(Topic, await read_object(request))
    room.topic = body.topic
    room.version = new_version()
    person, name = author(world, session)
    world.shell.post(
        room,
        Message(date=world.clock.date(), text=body.topic, kind="topic", sender=person, from_name=name),
    )
    extra: dict[str, Any] = {"topic": body.topic}
    if person is None:
        extra["sender"] = {
            "id": session.client_id,
            "name": name,
            "allowed_scopes": sorted(session.scopes),
            "room": session.room_id,
            "links": {"self": f"{world.base_url}/v2/oauth/client/{session.client_id}"},
        }
    world.spawn(report(world, "room_topic_change", room, person or room.owner, extra))
    return Response(status_code=204)


def _statistics(world: HipChatWorld, room: Room) -> dict[str, Any]:
    return {
        "messages_sent": room.messages_sent,
        "last_active": iso(room.last_active) if room.last_active else None,
        "links": {"self": f"{world.base_url}/v2/room/{room.id}/statistics"},
    }


@router.get("/{room_ref}/statistics")
async def get_statistics(room_ref: str, world: WorldDep, session: ViewRoom) -> dict[str, Any]:
    """Return how busy a room is."""
    return _statistics(world, room_for(world, session, room_ref))


@router.get("/{room_ref}/avatar")
async def get_avatar(room_ref: str, world: WorldDep, session: ViewRoom) -> Response:
    """Redirect to a room's image."""
    return image_answer(world.base_url, "room", room_for(world, session, room_ref).id)


@router.put("/{room_ref}/avatar", status_code=204)
async def set_avatar(room_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> Response:
    """Set a room's image."""
    room = room_for(world, session, room_ref)
    room.avatar = read_image(check(Avatar, await read_object(request)).avatar, "avatar")
    return Response(status_code=204)


@router.delete("/{room_ref}/avatar", status_code=204)
async def delete_avatar(room_ref: str, world: WorldDep, session: AdminRoom) -> Response:
    """Take a room's image away."""
    room_for(world, session, room_ref).avatar = None
    return Response(status_code=204)

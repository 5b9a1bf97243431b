"""Users: list, create, read, change, delete, photos, and private messages."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from devhost.chat import presence
from devhost.chat.images import image_answer, read_image
from devhost.dialects.hipchat.access import AdminGroup, SendMessage, ViewGroup, acting_person, limit_headers
from devhost.dialects.hipchat.private import add_private
from devhost.dialects.hipchat.rest.paging import PageDep
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import HostError, bad_request
from devhost.wire.body import check, read_object
from devhost.world import people, rooms
from devhost.world.people import Person, new_version

router = APIRouter(prefix="/v2")

Mention = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\s@]+$")]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]
Role = Literal["owner", "admin", "moderator", "user"]


class Presence(BaseModel):
    """Whether a user is there."""

    model_config = ConfigDict(strict=True)

    status: str = ""
    show: Literal["away", "chat", "dnd", "xa"] = "chat"


class UserBody(BaseModel):
    """A user to create or change."""

    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1, max_length=50)
    email: Email
    # Old clients send an empty one when they were given none.
    mention_name: Mention | Literal[""] | None = None
    title: str | None = Field(default=None, max_length=50)
    roles: list[Role] | None = None
    is_group_admin: bool | None = None
    timezone: str | None = None
    presence: Presence | None = None


class Photo(BaseModel):
    """An image in base64."""

    model_config = ConfigDict(strict=True)

    photo: str = Field(min_length=1)


class PrivateMessage(BaseModel):
    """A one-to-one message."""

    model_config = ConfigDict(strict=True)

    message: str = Field(min_length=1, max_length=10_000)
    notify: bool = False
    message_format: Literal["html", "text"] = "text"


class Invitation(BaseModel):
    """Somebody who shall join the group."""

    model_config = ConfigDict(strict=True)

    email: Email
    name: str = Field(min_length=1, max_length=50)
    title: str | None = None


def _free(world: HipChatWorld, body: UserBody, mention: str, person: Person | None = None) -> None:
    for field, ref in (("email", body.email), ("mention_name", mention)):
        found = world.people.find(ref)
        if found is not None and found is not person:
            raise HostError(409, f"{field}: {ref!r} is taken", field=field)
    if mention.isdigit():
        raise bad_request("mention_name: digits alone would be taken for an id", field="mention_name")


def _apply(person: Person, body: UserBody) -> None:
    for name in ("title", "roles", "is_group_admin", "timezone"):
        value = getattr(body, name)
        if value is not None:
            setattr(person, name, value)
    if body.presence is not None:
        person.show, person.status = body.presence.show, body.presence.status
    person.version = new_version()


@router.get("/user")
async def list_users(
    world: WorldDep,
    _session: ViewGroup,
    page: PageDep,
    guests: Annotated[bool, Query(alias="include-guests")] = False,  # noqa: FBT002
    deleted: Annotated[bool, Query(alias="include-deleted")] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """List the group's users."""
    found = [
        person for person in world.people if (guests or not person.is_guest) and (deleted or not person.is_deleted)
    ]
    return page.of(
        found,
        lambda person: people.stub(person, world.base_url),
        lambda person: presence.details(person, world.base_url, world.settings.group_id),
    )


@router.post("/user", status_code=201)
async def create_user(request: Request, world: WorldDep, _session: AdminGroup) -> JSONResponse:
    """Create a user."""
    body = check(UserBody, await read_object(request))
    mention = body.mention_name or body.name.replace(" ", "").replace("@", "")
    _free(world, body, mention)
    person = world.people.add(name=body.name, mention_name=mention, email=body.email, created=world.clock.date())
    _apply(person, body)
    links = {"self": f"{world.base_url}/v2/user/{person.id}"}
    return JSONResponse(
        {"id": person.id, "links": links, "entity": people.stub(person, world.base_url)},
        status_code=201,
        headers={"Location": links["self"]},
    )


@router.post("/invite/user")
async def invite_user(request: Request, world: WorldDep, session: AdminGroup) -> dict[str, Any]:
    """Invite somebody to the group; here they join at once."""
    body = check(Invitation, await read_object(request))
    wanted = UserBody(name=body.name, email=body.email, title=body.title)
    mention = body.name.replace(" ", "").replace("@", "")
    _free(world, wanted, mention)
    person = world.people.add(name=body.name, mention_name=mention, email=body.email, created=world.clock.date())
    _apply(person, wanted)
    del session
    return {"id": person.id, "links": {"self": f"{world.base_url}/v2/user/{person.id}"}}


@router.get("/user/{user_ref}")
async def get_user(user_ref: str, world: WorldDep, _session: ViewGroup) -> dict[str, Any]:
    """Return a user in full."""
    return presence.details(world.person(user_ref), world.base_url, world.settings.group_id)


@router.put("/user/{user_ref}", status_code=204)
async def change_user(user_ref: str, request: Request, world: WorldDep, _session: AdminGroup) -> Response:
    """Change a user; name, mention name and email are needed."""
    person = world.person(user_ref)
    body = check(UserBody, await read_object(request))
    if not body.mention_name:
        raise bad_request("mention_name: Field required", field="mention_name", validation="missing")
    _free(world, body, body.mention_name, person)
    person.name, person.email, person.mention_name = body.name, body.email, body.mention_name
    _apply(person, body)
    return Response(status_code=204)


@router.delete("/user/{user_ref}", status_code=204)
async def delete_user(user_ref: str, world: WorldDep, _session: AdminGroup) -> Response:
    """Delete a user; the group's first admin stays."""
    person = world.person(user_ref)
    if "owner" in person.roles:
        raise HostError(403, "The owner of the group cannot be deleted")
    person.is_deleted = True
    for room in world.rooms:
        room.participants.discard(person.id)
        room.members.discard(person.id)
    return Response(status_code=204)


@router.get("/user/{user_ref}/photo/{size}")
async def get_photo(user_ref: str, size: Literal["small", "big"], world: WorldDep, _session: ViewGroup) -> Response:
    """Redirect to a user's photo; both sizes are one image here."""
    del size
    return image_answer(world.base_url, "user", world.person(user_ref).id)


@router.put("/user/{user_ref}/photo", status_code=204)
async def set_photo(user_ref: str, request: Request, world: WorldDep, _session: AdminGroup) -> Response:
    """Set a user's photo."""
    person = world.person(user_ref)
    person.photo = read_image(check(Photo, await read_object(request)).photo, "photo")
    return Response(status_code=204)


@router.delete("/user/{user_ref}/photo", status_code=204)
async def delete_photo(user_ref: str, world: WorldDep, _session: AdminGroup) -> Response:
    """Take a user's photo away."""
    world.person(user_ref).photo = None
    return Response(status_code=204)


@router.get("/user/{user_ref}/preference/auto-join")
async def get_auto_join(user_ref: str, world: WorldDep, _session: ViewGroup, page: PageDep) -> dict[str, Any]:
    """List the rooms in which a user is."""
    person = world.person(user_ref)
    found = [room for room in world.rooms if person.id in room.participants]
    return page.of(found, lambda room: rooms.stub(room, world.base_url))


@router.post("/user/{user_ref}/message", status_code=204)
async def send_private(user_ref: str, request: Request, world: WorldDep, session: SendMessage) -> Response:
    """Send a one-to-one message; only users can."""
    sender, receiver = acting_person(world, session), world.person(user_ref)
    body = check(PrivateMessage, await read_object(request))
    world.limits.message(session, f"user {receiver.id}", limit_headers(request))
    message = world.shell.spoken(sender, body.message)
    message.format, message.notify = body.message_format, body.notify
    add_private(world, sender, receiver, message)
    return Response(status_code=204)

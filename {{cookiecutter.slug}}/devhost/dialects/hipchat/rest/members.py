"""Who belongs to a room and who is in it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from devhost.chat import presence
from devhost.dialects.hipchat.access import AdminRoom, ViewRoom, room_for
from devhost.dialects.hipchat.rest.paging import Page, PageDep
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import bad_request
from devhost.wire.body import check, read_object
from devhost.world import people

router = APIRouter(prefix="/v2/room/{room_ref}")


class Roles(BaseModel):
    """The roles of a new member."""

    model_config = ConfigDict(strict=True)

    room_roles: list[Literal["room_admin", "room_member"]] = ["room_member"]


class Invitation(BaseModel):
    """Why somebody is invited."""

    model_config = ConfigDict(strict=True)

    reason: str | None = None


def _page(world: HipChatWorld, page: Page, ids: set[int]) -> dict[str, Any]:
    found = [person for person in world.people if person.id in ids and not person.is_deleted]
    return page.of(
        found,
        lambda person: people.stub(person, world.base_url),
        lambda person: presence.details(person, world.base_url, world.settings.group_id),
    )


@router.get("/member")
async def list_members(room_ref: str, world: WorldDep, session: ViewRoom, page: PageDep) -> dict[str, Any]:
    """List a room's members; in a public room that is everyone but guests."""
    room = room_for(world, session, room_ref)
    everyone = {person.id for person in world.people if not person.is_guest}
    return _page(world, page, room.members if room.privacy == "private" else everyone)


@router.put("/member/{user_ref}", status_code=204)
async def add_member(room_ref: str, user_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> Response:
    """Make a user a member of a private room."""
    room = room_for(world, session, room_ref)
    person = world.person(user_ref)
    roles = check(Roles, await read_object(request, empty=True))
    room.members.add(person.id)
    if "room_admin" in roles.room_roles:
        room.admins.add(person.id)
    return Response(status_code=204)


@router.delete("/member/{user_ref}", status_code=204)
async def remove_member(room_ref: str, user_ref: str, world: WorldDep, session: AdminRoom) -> Response:
    """Take a member away; the owner stays."""
    room = room_for(world, session, room_ref)
    person = world.person(user_ref)
    if person is room.owner:
        raise bad_request("The owner of a room cannot be removed")
    for group in (room.members, room.admins, room.participants):
        group.discard(person.id)
    return Response(status_code=204)


@router.get("/participant")
async def list_participants(
    room_ref: str,
    world: WorldDep,
    session: ViewRoom,
    page: PageDep,
    offline: Annotated[bool, Query(alias="include-offline")] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """List who is in the room now; with `include-offline` the members too."""
    room = room_for(world, session, room_ref)
    return _page(world, page, room.participants | (room.members if offline else set()))


@router.post("/invite/{user_ref}", status_code=204)
async def invite(room_ref: str, user_ref: str, request: Request, world: WorldDep, session: AdminRoom) -> Response:
    """Invite a user; the invitation shows in the timeline."""
    room = room_for(world, session, room_ref)
    person = world.person(user_ref)
    body = check(Invitation, await read_object(request, empty=True))
    text = f"@{person.mention_name} was invited" + (f": {body.reason}" if body.reason else "")
    world.shell.post(room, world.shell.spoken(room.owner, text))
    return Response(status_code=204)

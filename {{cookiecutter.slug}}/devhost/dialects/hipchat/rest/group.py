"""The group and its emoticons."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from devhost.chat.images import image_answer, read_image
from devhost.dialects.hipchat.access import AdminGroup, ViewGroup
from devhost.dialects.hipchat.rest.paging import PageDep
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep
from devhost.errors import not_found
from devhost.wire.body import check, read_object
from devhost.world import people
from devhost.world.clock import iso

router = APIRouter(prefix="/v2")

EMOTICONS = ("smile", "thumbsup", "success", "failed", "tada", "coffee")


class Avatar(BaseModel):
    """An image in base64."""

    model_config = ConfigDict(strict=True)

    avatar: str = Field(min_length=1)


def _group(world: HipChatWorld, number: int) -> int:
    if number != world.settings.group_id:
        raise not_found(f"Group {number}")
    return number


@router.get("/group/{number}")
async def get_group(number: int, world: WorldDep, _session: ViewGroup) -> dict[str, Any]:
    """Return the group."""
    _group(world, number)
    owner = world.person(1)
    return {
        "id": number,
        "name": world.settings.group_name,
        "domain": "devhost.example",
        "subdomain": world.base_url,
        "created": iso(owner.created),
        "avatar_url": f"{world.base_url}/images/group/{number}" if world.shell.group_avatar else None,
        "plan": {"id": 1, "type": "free"},
        "owner": people.stub(owner, world.base_url),
        "links": {"self": f"{world.base_url}/v2/group/{number}"},
    }


@router.get("/group/{number}/statistics")
async def get_statistics(number: int, world: WorldDep, _session: ViewGroup) -> dict[str, Any]:
    """Return how busy the group is."""
    _group(world, number)
    return {
        "messages_sent": sum(room.messages_sent for room in world.rooms),
        "rooms": len(list(world.rooms)),
        "users": len([person for person in world.people if not person.is_deleted]),
        "links": {"self": f"{world.base_url}/v2/group/{number}/statistics"},
    }


@router.get("/group/{number}/avatar")
async def get_avatar(number: int, world: WorldDep, _session: ViewGroup) -> Response:
    """Redirect to the group's image."""
    return image_answer(world.base_url, "group", _group(world, number))


@router.put("/group/{number}/avatar", status_code=204)
async def set_avatar(number: int, request: Request, world: WorldDep, _session: AdminGroup) -> Response:
    """Set the group's image."""
    _group(world, number)
    world.shell.group_avatar = read_image(check(Avatar, await read_object(request)).avatar, "avatar")
    return Response(status_code=204)


@router.delete("/group/{number}/avatar", status_code=204)
async def delete_avatar(number: int, world: WorldDep, _session: AdminGroup) -> Response:
    """Take the group's image away."""
    _group(world, number)
    world.shell.group_avatar = None
    return Response(status_code=204)


def _emoticon(world: HipChatWorld, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "shortcut": EMOTICONS[number - 1],
        "url": f"{world.base_url}/images/group/{number}",
        "type": "global",
        "links": {"self": f"{world.base_url}/v2/emoticon/{number}"},
    }


@router.get("/emoticon")
async def list_emoticons(
    world: WorldDep,
    _session: ViewGroup,
    page: PageDep,
    type: Literal["global", "group", "all"] = "all",  # noqa: A002 - the API's name
) -> dict[str, Any]:
    """List emoticons; the group has none of its own."""
    found = [] if type == "group" else list(range(1, len(EMOTICONS) + 1))
    return page.of(found, lambda number: _emoticon(world, number))


@router.get("/emoticon/{ref}")
async def get_emoticon(ref: str, world: WorldDep, _session: ViewGroup) -> dict[str, Any]:
    """Return an emoticon by id or shortcut."""
    for number, shortcut in enumerate(EMOTICONS, start=1):
        if ref in (str(number), shortcut):
            return _emoticon(world, number) | {"width": 30, "height": 30, "creator": None}
    raise not_found(f"Emoticon {ref}")

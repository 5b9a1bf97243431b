"""What the host's script in an add-on's page may ask, and the script itself."""

from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from devhost.chat.control import HostDep
from devhost.chat.host import Host
from devhost.chat.presence import SHOWN
from devhost.dialects.hipchat.addresses import token_for
from devhost.dialects.hipchat.world import WorldDep
from devhost.errors import forbidden
from devhost.wire.guard import Guarded
from devhost.world import people
from devhost.world.people import Person
from devhost.world.rooms import Room

router = APIRouter()

_SCRIPT = Path(__file__).parent / "static" / "all.js"


@router.get("/{maker}-connect/{name}")  # noqa: FAST003 - the folder bears the name of who made the protocol
async def script(name: Literal["all.js", "all-debug.js", "all.css", "all-debug.css"]) -> Response:
    """Return the host's script or style; an add-on's page on any origin may load it."""
    if name.endswith(".css"):
        return Response("body { font: 14px/1.4 system-ui, sans-serif; }\n", media_type="text/css")
    return FileResponse(_SCRIPT, media_type="text/javascript")


@router.get("/_devhost/bridge", dependencies=[Guarded])
async def ask(
    host: HostDep,
    world: WorldDep,
    client_id: str,
    what: Literal["token", "room", "participants", "user"],
    room: str = "1",
    user: str = "admin",
) -> dict[str, Any]:
    """Answer the script for one viewer: a fresh token, or what the scope `view_room` shows."""
    installation, here, person = host.installation(client_id), host.room(room), host.person(user)
    if what == "token":
        token, _ = token_for(world, installation, room_id=here.id, person=person)
        return {"value": token}
    if "view_room" not in installation.descriptor.scopes:
        raise forbidden("The add-on needs the scope view_room for this")
    return {"value": _value(host, what, here, person)}


def _value(host: Host, what: str, room: Room, person: Person) -> dict[str, Any]:
    if what == "room":
        return {"id": room.id, "name": room.name, "privacy": room.privacy, "topic": room.topic}
    if what == "user":
        return {
            "id": person.id,
            "name": person.name,
            "mention_name": person.mention_name,
            "presence": {"show": person.show or SHOWN},
            "photo_url": f"{host.base_url}/images/user/{person.id}",
            "is_admin": person.is_group_admin,
            "is_guest": person.is_guest,
            "email": person.email,
            "title": person.title,
        }
    present = [one for one in host.world.people if one.id in room.participants]
    return {
        "members": [people.stub(one, host.base_url) for one in present if not one.is_guest],
        "guests": [people.stub(one, host.base_url) for one in present if one.is_guest],
    }

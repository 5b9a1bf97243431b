"""Whether people are there, and how the API writes them in full."""

from typing import Any

from devhost.world import people
from devhost.world.clock import iso
from devhost.world.people import Person

# Free to talk, in the words of XMPP (RFC 6121, 4.7.2.1): for who says nothing else.
SHOWN = "chat"


def details(person: Person, base_url: str, group_id: int) -> dict[str, Any]:
    """Write a user in full."""
    photo = f"{base_url}/v2/user/{person.id}/photo/big" if person.photo else None
    presence = None
    if person.show != "offline":
        presence = {
            "status": person.status,
            "idle": 0,
            "show": person.show or SHOWN,
            "client": {"type": "devhost", "version": "1"},
            "is_online": True,
        }
    return people.stub(person, base_url) | {
        "email": person.email,
        "title": person.title,
        "roles": person.roles,
        "is_group_admin": person.is_group_admin,
        "is_guest": person.is_guest,
        "is_deleted": person.is_deleted,
        "timezone": person.timezone,
        "photo_url": photo,
        "last_active": None,
        "created": iso(person.created),
        "xmpp_jid": f"{group_id}_{person.id}@chat.devhost",
        "presence": presence,
        "group": {"id": group_id, "links": {"self": f"{base_url}/v2/group/{group_id}"}},
    }

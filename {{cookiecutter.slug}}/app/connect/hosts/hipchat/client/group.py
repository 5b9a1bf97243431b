"""The host's group that installed the add-on: its rooms and users.

Every method raises the errors drawn in `errors.py`.
"""

from collections.abc import AsyncIterator

from app.connect.hosts.hipchat.client.api import HipChatApi, Params
from app.connect.hosts.hipchat.client.glances import Glance, GlancePush, GlanceUpdate
from app.connect.hosts.hipchat.client.models import Room, User, UserDetails
from app.connect.hosts.hipchat.client.paging import page_size_of
from app.connect.hosts.hipchat.client.room import RoomClient


class GroupClient:
    """Talks to the group of a tenant."""

    def __init__(self, api: HipChatApi) -> None:
        self._api = api

    def room(self, id_or_name: str) -> RoomClient:
        """Return the client of one room; nothing is sent. Ids are better, since names change."""
        return RoomClient(self._api, id_or_name)

    def rooms(
        self, *, include_private: bool = True, include_archived: bool = False, page_size: int = 100
    ) -> AsyncIterator[Room]:
        """Iterate over the rooms, `page_size` (1 to 1000) a request. Scope: view_room or view_group."""
        params: Params = {
            "max-results": page_size_of(page_size),
            "include-private": include_private,
            "include-archived": include_archived,
        }
        return self._api.pages(Room, "room", scopes=("view_room", "view_group"), params=params)

    def users(
        self, *, include_guests: bool = False, include_deleted: bool = False, page_size: int = 100
    ) -> AsyncIterator[User]:
        """Iterate over the users, `page_size` (1 to 1000) a request. Scope: view_group."""
        params: Params = {
            "max-results": page_size_of(page_size),
            "include-guests": include_guests,
            "include-deleted": include_deleted,
        }
        return self._api.pages(User, "user", scopes=("view_group",), params=params)

    async def user(self, user: str) -> UserDetails:
        """Read everything the host tells about a user, by id, email or @mention. Scope: view_group."""
        return await self._api.read(UserDetails, "user", user, scopes=("view_group",))

    async def push_glance(self, key: str, glance: Glance) -> None:
        """Show new content in a glance of addon.toml to everyone in the group. Scope: view_group."""
        await self._push(key, glance, "addon", "ui")

    async def push_glance_to_user(self, user: str, key: str, glance: Glance) -> None:
        """Show new content in a glance of addon.toml to one user, in every room. Scope: view_group."""
        await self._push(key, glance, "addon", "ui", "user", user)

    async def _push(self, key: str, glance: Glance, *path: str) -> None:
        body = GlancePush(glance=(GlanceUpdate(key=key, content=glance),))
        await self._api.write("POST", *path, scopes=("view_group",), body=body, repeatable=True)

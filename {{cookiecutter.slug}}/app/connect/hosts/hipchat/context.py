"""HipChatContext: a context with the room and the group it is about."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from app.connect.context import Context, Parts
from app.connect.errors import ConnectError
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller, Tenant


class NoRoom(ConnectError):
    """`ctx.room` was asked for where neither installation nor event names a room."""

    status = 400
    code = "no_room"
    sentence = "This was not sent from a room. Use ctx.group.room(id) with the room you mean."
    is_permanent = True


class HipChatContext(Context):
    """One tenant's request, event or job on a HipChat host."""

    def __init__(
        self,
        parts: Parts,
        make_api: Callable[[], HipChatApi],
        tenant: Tenant,
        caller: Caller,
        *,
        claims: Mapping[str, Any] | None = None,
        visit: Visit | None = None,
    ) -> None:
        super().__init__(parts, tenant, caller, claims=claims, visit=visit)
        self._make_api = make_api

    @cached_property
    def _api(self) -> HipChatApi:
        return self._make_api()

    @property
    def details(self) -> HipChatDetails:
        """What the host said of the installation: group, room and addresses."""
        return self.tenant.details(HipChatDetails)

    @property
    def room_id(self) -> str | None:
        """The room it happened in, or the one of a room installation."""
        return self.caller.place or self.details.room_id

    @cached_property
    def room(self) -> RoomClient:
        """The host's API for the room this is about; `NoRoom` where there is none."""
        if self.room_id is None:
            raise NoRoom
        return RoomClient(self._api, self.room_id)

    @cached_property
    def group(self) -> GroupClient:
        """The host's API for the tenant's group."""
        return GroupClient(self._api)

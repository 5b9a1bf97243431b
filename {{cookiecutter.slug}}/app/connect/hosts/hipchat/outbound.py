"""Calls to a HipChat host: tokens, who administers, who is still there, and the context with its clients."""

from typing import Any

from app.connect.context import Context, Parts
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.errors import HostNotFound
from app.connect.hosts.hipchat.client.oauth import ClientTokens
from app.connect.hosts.hipchat.context import HipChatContext
from app.connect.hosts.hipchat.descriptor import section_of
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import GrantedToken, TokenManager, Wanted
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Caller, Tenant


class HipChatOutbound:
    """Talks to the host that a tenant is installed from."""

    def __init__(self, client: Outbound, tokens: ClientTokens) -> None:
        self._client = client
        self._tokens = tokens
        # One for all calls of the process: of one tenant, few wait at a time.
        self._patience = Patience()

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask for one access token by the client credentials grant."""
        token_url = tenant.details(HipChatDetails).token_url
        granted = await self._tokens.request(
            token_url, client_key=tenant.client_key, secret=secret or "", scopes=wanted.scopes
        )
        return granted.token

    async def administers(self, ctx: HipChatContext) -> bool:
        """Tell whether the caller administers the group, or owns the one room of the installation.

        Who owns some room of a group does not decide for the whole group. Scopes: view_group, view_room.
        """
        user_id = ctx.caller.user_id
        if user_id is None:
            return False
        person = await ctx.group.user(user_id)
        if person.is_deleted:
            return False
        if person.is_group_admin:
            return True
        if ctx.details.room_id is None:
            return False
        owner = (await ctx.group.room(ctx.details.room_id).details()).owner
        return owner is not None and owner.id == user_id

    async def admits(self, ctx: HipChatContext) -> bool:
        """Tell whether the caller is still in the group, and still a member of the room if that is private.

        Scopes: view_group; view_room.
        """
        try:
            return await self._admits(ctx, ctx.caller.user_id or "")
        except HostNotFound:
            return False

    async def _admits(self, ctx: HipChatContext, user_id: str) -> bool:
        person = await ctx.group.user(user_id)
        if person.is_deleted or ctx.caller.place is None or person.is_group_admin:
            return not person.is_deleted
        room = ctx.group.room(ctx.caller.place)
        if (await room.details()).privacy != "private":
            return True
        return any([member.id == user_id async for member in room.members(page_size=1000)])

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make a context whose clients call this tenant's host."""

        # Made when it is first asked for: what is shown most never calls the host.
        def make_api() -> HipChatApi:
            scopes = section_of(parts.addon).scopes
            return HipChatApi(self._client, tokens, tenant, scopes_of_addon=scopes, patience=self._patience)

        return HipChatContext(parts, make_api, tenant, caller, **given)

"""Calls to a board: it has no API, so there is nothing to grant and nobody to ask."""

from typing import Any

from app.connect import Context
from app.connect.context import Parts
from app.connect.network.tokens import GrantedToken, TokenDenied, TokenManager, Wanted
from app.connect.tenancy.tenant import Caller, Tenant


class PebbleOutbound:
    """Makes contexts."""

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Refuse."""
        raise TokenDenied("A board has no API. Do not ask for access tokens.")

    async def administers(self, ctx: Context) -> bool:
        """Say no: who cannot be asked lets nobody in."""
        return False

    async def admits(self, ctx: Context) -> bool:
        """Say yes: a board does not tell who left."""
        return True

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make the plain context: a board adds nothing to it."""
        return Context(parts, tenant, caller, **given)

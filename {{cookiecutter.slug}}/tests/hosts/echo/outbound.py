"""Calls to an Echo host: tokens, who administers, and the context."""

from typing import Any
from urllib.parse import quote

from app.connect.context import Context, Parts
from app.connect.network.fetch import BasicAuth, Outbound, json_object
from app.connect.network.tokens import GrantedToken, TokenDenied, TokenManager, UnknownClient, Wanted
from app.connect.tenancy.tenant import Caller, Tenant
from tests.hosts.echo.context import EchoContext, Said

OK = 200
UNAUTHORIZED = 401


class EchoOutbound:
    """Talks to the host that a tenant is installed from."""

    def __init__(self, client: Outbound) -> None:
        self.said: Said = []
        self._client = client

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask for an access token with the secret; without one, only the host can push a token."""
        if secret is None:
            raise TokenDenied("The host pushes tokens to this installation. Wait for its next request.")
        answer = await self._client.send(
            "POST", f"{tenant.api_url}token", auth=BasicAuth(tenant.client_key, secret), form={"scope": wanted.key}
        )
        if answer.status_code == UNAUTHORIZED:
            raise UnknownClient
        if answer.status_code != OK:
            raise TokenDenied
        return GrantedToken(str(json_object(answer).get("token")), 3600.0)

    async def administers(self, ctx: EchoContext) -> bool:
        """Ask the host."""
        person = quote(str(ctx.caller.user_id), safe="")
        return (await self._client.get_json(f"{ctx.tenant.api_url}people/{person}")).get("admin") is True

    async def admits(self, ctx: EchoContext) -> bool:
        """Say yes: the host does not tell who left."""
        return True

    def context(self, parts: Parts, tokens: TokenManager, tenant: Tenant, caller: Caller, **given: Any) -> Context:
        """Make an `EchoContext`."""
        return EchoContext(parts, tenant, caller, said=self.said, tokens=tokens, **given)

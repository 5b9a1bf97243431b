"""Calls out of a container: all go through the sidecar, which signs them; there are no access tokens to wait for."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.connect.context import Parts
from app.connect.hosts.atlassian.client.api import SiteClient
from app.connect.hosts.atlassian.client.reports import AccountReports
from app.connect.hosts.forge.client.auth import Seen
from app.connect.hosts.forge.client.kvs import ForgeStorage
from app.connect.hosts.forge.container.sidecar import Sidecar, SidecarAuth, authorization
from app.connect.hosts.forge.container.stamp import INVOCATION_CLAIM
from app.connect.hosts.forge.context import SILENT, NoSuchProduct
from app.connect.hosts.forge.outbound import BELOW, STORAGE, ForgeOutbound, Make, agent_of
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.network.tokens import GrantedToken, TokenDenied, TokenManager, UnknownClient, Wanted
from app.connect.tenancy.tenant import Caller, Tenant

PRODUCTS = ("jira", "confluence")
"""Those that the sidecar leads to."""


class ContainerOutbound(ForgeOutbound):
    """Talks to the products through the sidecar: in an invocation by its id, elsewhere by the installation's."""

    def __init__(self, sidecar: Sidecar, reports: AccountReports) -> None:
        super().__init__(sidecar.client, reports)
        self._sidecar = sidecar

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:  # noqa: ARG002
        """Give none. `UnknownClient` where nothing was heard for hours, `TokenDenied` otherwise."""
        if time.time() - tenant.details(ForgeDetails).heard_at > SILENT:
            raise UnknownClient("Forge has not called for hours. The app may have been uninstalled from this site.")
        raise TokenDenied("A container gets no access tokens. Call through ctx.jira, ctx.confluence or ctx.storage.")

    async def require_known(self, tenant: Tenant) -> None:
        """Ask the sidecar whether it lists the installation; `UnknownClient` where it does not."""
        if await self._sidecar.installation(tenant.client_key, anew=True) is None:
            raise UnknownClient("The app is installed on this site no more.")

    def client_of(self, tenant: Tenant) -> SiteClient:
        """Return the API of an installation's product, called as the app."""
        product = str(tenant.details(ForgeDetails).product)
        auth = self._auth(tenant, {}, self._base(product), seen=self._forgets(tenant))
        return SiteClient(self._client, replace(tenant, api_url=self._base(product)), auth, agent="connect-addon")

    def _maker(
        self,
        parts: Parts,
        tokens: TokenManager,  # noqa: ARG002 - there are none
        tenant: Tenant,
        caller: Caller,
        claims: Mapping[str, Any],
    ) -> Make:
        def make(made: type[Any], product: str, user_id: str | None, _: str | None) -> Any:
            base = self._base(product)
            if user_id is None:
                auth = self._auth(tenant, claims, base, seen=self._seen(parts, tenant))
            else:
                auth = self._auth(tenant, claims, base, user_id=user_id, is_caller=user_id == caller.user_id)
            target = replace(tenant, api_url=base)
            return made(self._client, target, auth, agent=agent_of(parts), patience=self._patience)

        return make

    def _storage(
        self,
        parts: Parts,
        tokens: TokenManager,  # noqa: ARG002 - there are none
        tenant: Tenant,
        claims: Mapping[str, Any],
    ) -> ForgeStorage:
        base = f"{self._sidecar.url}/{STORAGE}"
        auth = self._auth(tenant, claims, base, seen=self._seen_of_keys(parts, tenant))
        return ForgeStorage(self._client, tenant.id, base, auth, patience=self._patience)

    def _base(self, product: str) -> str:
        if product not in PRODUCTS:
            raise NoSuchProduct(f"A container has no way to {product}. It has one to {' and '.join(PRODUCTS)}.")
        return f"{self._sidecar.url}/{product}{BELOW.get(product, '/')}"

    def _auth(
        self,
        tenant: Tenant,
        claims: Mapping[str, Any],
        base: str,
        *,
        user_id: str | None = None,
        is_caller: bool = False,
        seen: Seen | None = None,
    ) -> SidecarAuth:
        invocation = claims.get(INVOCATION_CLAIM)
        fields = {} if invocation else {"installationId": tenant.client_key}
        if user_id is not None and not (invocation and is_caller):
            fields["accountId"] = user_id
        acts_as = "app" if user_id is None else "user"
        return SidecarAuth(authorization(acts_as=acts_as, invocation=invocation, **fields), base, seen)

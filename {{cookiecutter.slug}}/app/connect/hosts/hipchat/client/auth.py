"""Puts a tenant's access token on a request to its host, and on no other."""

from collections.abc import AsyncGenerator, Collection

from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.network.fetch import Auth, Request, Response
from app.connect.network.tokens import TokenManager
from app.connect.tenancy.tables import Tenant

UNAUTHORIZED = 401


class TenantAuth(Auth):
    """Bearer authentication of one call: after a 401 the token is replaced and the call repeated, once."""

    def __init__(self, tokens: TokenManager, tenant: Tenant, *, scopes: Collection[str]) -> None:
        self._tokens = tokens
        self._tenant = tenant
        self._scopes = scopes

    async def prepare(self) -> None:
        """Obtain the token, so that a failure to do so is known before the call itself begins."""
        await self._tokens.get(self._tenant, self._scopes)

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request with its token; again with a new one when the host refuses the first."""
        if origin_of(str(request.url)) != origin_of(self._tenant.api_url):
            raise AddressRefused("The address is not on the tenant's host, so its token is not sent there.")
        token = await self._tokens.get(self._tenant, self._scopes)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == UNAUTHORIZED:
            await self._tokens.invalidate(self._tenant, self._scopes, token)
            token = await self._tokens.get(self._tenant, self._scopes)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

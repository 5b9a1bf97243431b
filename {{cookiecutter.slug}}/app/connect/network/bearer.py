"""Puts access tokens on requests below one address, and on no other."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from app.connect.network.addresses import AddressRefused, origin_of
from app.connect.network.fetch import Auth, Request, Response
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.tenancy.tenant import Tenant

UNAUTHORIZED = 401


class BearerAuth(Auth):
    """A tenant's token on calls below `base`, which ends in a slash.

    After a 401 the token is given up, and the call repeated with another, once.
    """

    def __init__(self, tenant: Tenant, tokens: TokenManager, wanted: Wanted, base: str) -> None:
        self._tenant = tenant
        self._tokens = tokens
        self._wanted = wanted
        self._base = base

    async def prepare(self) -> None:
        """Obtain the token, so that a failure to do so is known before the call itself begins."""
        await self._tokens.get(self._tenant, self._wanted)

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request with its token; again with a new one when the host refuses the first."""
        require_below(request, self._base)
        token = await self._tokens.get(self._tenant, self._wanted)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == UNAUTHORIZED:
            await self._tokens.invalidate(self._tenant, self._wanted, token)
            token = await self._tokens.get(self._tenant, self._wanted)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request


def require_below(request: Request, base: str) -> None:
    """Raise `AddressRefused` unless the request goes below `base`, which ends in a slash."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    if origin_of(str(request.url)) != origin_of(base) or not path.startswith(urlsplit(base).path):
        raise AddressRefused("The address is not below the one that the tenant's host gave, so nothing goes there.")

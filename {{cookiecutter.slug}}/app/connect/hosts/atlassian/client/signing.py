"""Signs calls to a tenant's site on the bytes that are sent, and puts no signature on any other (reference 10)."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from app.connect.hosts.atlassian.client.errors import SignatureRefused
from app.connect.hosts.atlassian.qsh import query_string_hash
from app.connect.keys.jwt import prepare_key, sign
from app.connect.network.bearer import UNAUTHORIZED, require_below
from app.connect.network.fetch import Auth, Request, Response
from app.connect.tenancy.tenant import Tenant

LIFE = 180

ReadSecret = Callable[[bool], Awaitable[str | None]]
"""Gives the installation's present secret; True reads it anew."""


class SignedAuth(Auth):
    """A JWT for each request: it holds for one method, path and query. After a 401 a changed secret is tried, once."""

    def __init__(self, tenant: Tenant, app_key: str, read_secret: ReadSecret) -> None:
        self._tenant = tenant
        self._app_key = app_key
        self._read_secret = read_secret

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request signed; again where the secret was changed while it was under way."""
        require_below(request, self._tenant.api_url)
        secret = await self._read_secret(False)  # noqa: FBT003 - one letter of the alphabet of its type
        response = yield self._signed(request, secret)
        if response.status_code == UNAUTHORIZED:
            renewed = await self._read_secret(True)  # noqa: FBT003 - as above
            if renewed != secret:
                yield self._signed(request, renewed)

    def _signed(self, request: Request, secret: str | None) -> Request:
        if secret is None:
            raise SignatureRefused
        now = int(time.time())
        target = request.url.raw_path.decode("ascii")
        claims = {
            "iss": self._app_key,
            "iat": now,
            "exp": now + LIFE,
            "qsh": query_string_hash(request.method, target, base_url=self._tenant.api_url),
            "aud": [self._tenant.client_key],
        }
        request.headers["Authorization"] = f"JWT {sign(claims, prepare_key(secret))}"
        return request

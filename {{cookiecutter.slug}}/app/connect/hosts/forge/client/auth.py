"""Puts access tokens on calls: one that came with a person's call, or the app's own, whose answers are looked at."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from app.connect.network.bearer import BearerAuth, require_below
from app.connect.network.fetch import Auth, Request, Response
from app.connect.network.tokens import TokenManager, Wanted
from app.connect.tenancy.tenant import Tenant

Seen = Callable[[int], Awaitable[None]]


class PushedAuth(Auth):
    """The token of the person whose call this is; it is used in their request and kept nowhere."""

    def __init__(self, token: str, base: str) -> None:
        self._token = token
        self._base = base

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request with the token."""
        require_below(request, self._base)
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class WatchedAuth(BearerAuth):
    """The app's own token; the status of every answer is told to `seen`, also that of a first try."""

    def __init__(self, tenant: Tenant, tokens: TokenManager, base: str, seen: Seen) -> None:
        super().__init__(tenant, tokens, Wanted(), base)
        self._seen = seen

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Yield the request as `BearerAuth` does."""
        async with aclosing(super().async_auth_flow(request)) as flow:
            sent = await anext(flow)
            while True:
                response = yield sent
                await self._seen(response.status_code)
                try:
                    sent = await flow.asend(response)
                except StopAsyncIteration:
                    return

"""Turns a request into a tenant: finds the token, verifies it, hands out the context. Asking for that signs a route."""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote_plus

from fastapi import Depends, Request

from app.connect.access.api_tokens import read_bearer
from app.connect.context import Context
from app.connect.errors import NotAuthenticated
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, UnverifiedToken, read, verify
from app.connect.logging import bind
from app.connect.pages.page_tokens import ISSUER, PageTokens
from app.connect.tenancy.tables import Tenant
from app.connect.tenancy.tenant import Verified

if TYPE_CHECKING:
    from app.connect.application import Connect
    from app.connect.hosts.protocol import Host
    from app.connect.tenancy.directory import Entry, TenantDirectory

log = logging.getLogger(__name__)

REMEMBERED = 20_000
QUERY_NAMES = (b"signed_request", b"jwt")


class Authenticator:
    """Verify requests; tokens that were verified are remembered until they expire or their tenant changes."""

    def __init__(self, directory: "TenantDirectory", hosts: "dict[str, Host]", page_tokens: PageTokens) -> None:
        self._directory = directory
        self._hosts = hosts
        self._page_tokens = page_tokens
        # An OrderedDict, because taking the oldest from a plain dict gets slower the more were taken before.
        self._remembered: OrderedDict[str, tuple[Verified, Entry, float]] = OrderedDict()

    async def verify(self, text: str) -> Verified:
        """Return who a compact token proves; `NotAuthenticated` with the reason otherwise."""
        known = self._remembered.get(text)
        if known is not None:
            verified, entry, until = known
            if time.time() < until and self._directory.holds(entry):
                return verified
            del self._remembered[text]
        try:
            token = read(text)
            verified, entry, leeway = await (
                self._verify_page(token) if token.issuer == ISSUER else self._verify_signed(token)
            )
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        if len(self._remembered) >= REMEMBERED:
            self._remembered.popitem(last=False)
        self._remembered[text] = (verified, entry, verified.expires + leeway)
        return verified

    async def _verify_signed(self, token: UnverifiedToken) -> "tuple[Verified, Entry, float]":
        for name, host in self._hosts.items():
            entry = await self._directory.find(name, token.issuer)
            if entry is None:
                continue
            limits = {"leeway": host.leeway, "longest_life": host.longest_token_life}
            try:
                claims = verify(token, self._directory.key_of(entry), now=time.time(), **limits)
            except TokenRefused:
                # The secret may have been changed by another process a moment ago.
                entry = await self._directory.reload(name, token.issuer)
                if entry is None:
                    raise
                claims = verify(token, self._directory.key_of(entry), now=time.time(), **limits)
            if not entry.tenant.is_installed:
                raise TokenRefused(f"the tenant is {entry.tenant.state}")
            identity = host.identify(claims, entry.tenant)
            return Verified(entry.tenant, identity, claims, float(claims["exp"])), entry, host.leeway
        # An unknown issuer costs what a known one with a bad signature costs.
        verify(token, DUMMY_KEY, now=time.time(), leeway=0.0, longest_life=0.0)
        raise TokenRefused("unknown issuer")

    async def _verify_page(self, token: UnverifiedToken) -> "tuple[Verified, Entry, float]":
        claims = self._page_tokens.check(token)
        entry = await self._directory.find(str(claims["host"]), str(claims["key"]))
        if entry is None or not entry.tenant.is_installed:
            raise TokenRefused("the page's tenant is not installed any more")
        return PageTokens.identify(claims, entry.tenant), entry, 0.0


def find_token(request: Request) -> str:
    """Return the one token a request carries: `signed_request` or `jwt` in the query, or `Authorization: JWT`.

    Read from the raw scope: `request.url` can be moved by a Host header. Two different tokens are refused.
    """
    scope = request.scope
    found: set[str] = set()
    query: bytes = scope["query_string"]
    if query:
        for part in query.split(b"&"):
            name, _, value = part.partition(b"=")
            if name in QUERY_NAMES:
                found.add(unquote_plus(value.decode("latin-1")))
    for name, value in scope["headers"]:
        if name == b"authorization":
            token = _from_header(value.decode("latin-1"))
            if token is not None:
                found.add(token)
    if len(found) != 1:
        raise NotAuthenticated("two different tokens" if found else "no token")
    return found.pop()


def _from_header(value: str) -> str | None:
    """Read `JWT <token>` and `JWT token=<token>`; another scheme is not for us."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "jwt":
        return None
    return rest.strip().removeprefix("token=").strip('"')


def get_connect(request: Request) -> "Connect":
    """Return the running add-on's parts."""
    connect: Connect = request.app.state.connect
    return connect


async def get_verified(request: Request) -> Verified:
    """Verify the request's token; everything signed starts here."""
    verified = await get_connect(request).authenticator.verify(find_token(request))
    bind(verified.tenant.id)
    return verified


async def get_context(request: Request) -> AsyncIterator[Context]:
    """Hand a signed request's context to a handler; commit when it is through, undo when it fails."""
    context = Context(get_connect(request), await get_verified(request))
    try:
        yield context
        await context.commit()
    finally:
        await context.close()


async def get_tenant(request: Request) -> Tenant:
    """Return the tenant of a signed request."""
    return (await get_verified(request)).tenant


async def get_api_context(request: Request) -> AsyncIterator[Context]:
    """Hand over the context of a call that carries one of the tenant's API tokens."""
    verified = await get_connect(request).api_tokens.verify(read_bearer(request))
    bind(verified.tenant.id)
    context = Context(get_connect(request), verified)
    try:
        yield context
        await context.commit()
    finally:
        await context.close()


# The scope makes the commit happen before the response is sent: a failed commit is an error, not a 200.
Ctx = Annotated[Context, Depends(get_context, scope="function")]
ApiCtx = Annotated[Context, Depends(get_api_context, scope="function")]
CurrentTenant = Annotated[Tenant, Depends(get_tenant)]
PROVIDERS = {get_context: "signed", get_tenant: "signed", get_verified: "signed", get_api_context: "api"}
"""What each dependency proves; OpenAPI and `addon check` read it."""

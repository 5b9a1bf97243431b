"""Turns a request into who is asking: by a token that the route's host reads (`inbound.py`), or a page token."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from starlette.types import Scope

from app.connect.errors import NotAuthenticated
from app.connect.hosts.protocol import Asked, Host, Proof, ProofKind, Unproven
from app.connect.keys.jwt import TokenRefused, UnverifiedToken, read
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.pages.page_tokens import ISSUER, PageTokens, Visit, require_same, visit_of
from app.connect.tenancy.directory import Entry, TenantDirectory
from app.connect.tenancy.tenant import Caller, Installed, Tenant

REMEMBERED = 20_000
PAGE = "page"

Memory = tuple[str, str, bytes, str]
"""Host, token, binding and kind of proof: a token proven for one route is not proven for another."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who is asking; `visit` is the page a page token was made for."""

    tenant: Tenant
    proof: Proof
    visit: Visit | None = None


class Authenticator:
    """Verify requests; what was proven is remembered until it expires or its tenant changes."""

    def __init__(
        self,
        directory: TenantDirectory,
        page_tokens: PageTokens,
        *,
        enrol: Callable[[str, Installed], Awaitable[None]],
        deposit: Callable[[Tenant, Wanted, GrantedToken], Awaitable[None]],
    ) -> None:
        self._directory = directory
        self._page_tokens = page_tokens
        self._enrol = enrol
        self._deposit = deposit
        # An OrderedDict, because taking the oldest from a plain dict gets slower the more were taken before.
        self._remembered: OrderedDict[Memory, tuple[Proven, Entry, float]] = OrderedDict()

    async def by_host(self, host: Host, asked: Asked) -> Proven:
        """Return what a token of the route's host proves; `NotAuthenticated` with the reason otherwise."""
        try:
            unproven = host.inbound.read(asked)
            if unproven is None:
                raise NotAuthenticated("no token")
            name = (host.name, unproven.token, unproven.binding, asked.proof)
            return self._recall(name) or await self._prove(host, asked, unproven, name)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None

    async def by_page(self, scope: Scope, *, host: str | None = None, modules: Collection[str] | None = None) -> Proven:
        """Return what a page token proves, if it is of `host` and made for one of `modules` (None means any)."""
        found = find_page_token(scope)
        if found is None:
            raise NotAuthenticated("no page token")
        text, token = found
        name = ("", text, b"", PAGE)
        try:
            proven = self._recall(name) or await self._prove_page(token, name)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        if host is not None and proven.tenant.host != host:
            raise NotAuthenticated("the page token is of another host")
        if modules is not None and (proven.visit is None or proven.visit.module not in modules):
            raise NotAuthenticated(f"the page token was made for another page than {' or '.join(sorted(modules))}")
        return proven

    async def by_either(self, host: Host, asked: Asked, scope: Scope, *, modules: Collection[str] | None) -> Proven:
        """Take a token of the host, or a page token that fits; two different tokens are refused."""
        found = find_page_token(scope)
        if found is None:
            return await self.by_host(host, asked)
        try:
            other = host.inbound.read(asked)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        if other is not None and other.token != found[0]:
            raise NotAuthenticated("two different tokens")
        return await self.by_page(scope, host=host.name, modules=modules)

    async def _prove(self, host: Host, asked: Asked, unproven: Unproven, name: Memory) -> Proven:
        entry = await self._directory.find(host.name, unproven.client_key)
        if entry is not None and not entry.tenant.is_installed:
            # Another process may have purged it, or installed it anew, a moment ago.
            entry = await self._directory.reload(host.name, unproven.client_key)
        try:
            proof = await self._check(host, asked, unproven, entry)
        except TokenRefused:
            # The secret may have been changed by another process a moment ago. A stranger costs the same.
            entry = await self._directory.reload(host.name, unproven.client_key)
            proof = await self._check(host, asked, unproven, entry)
        if proof.enrol is not None:
            await self._enrol(host.name, proof.enrol)
            entry = await self._directory.find(host.name, unproven.client_key)
        if entry is None:
            raise TokenRefused("unknown issuer")
        if not entry.tenant.is_installed:
            raise TokenRefused(f"the tenant is {entry.tenant.state}")
        if proof.deposit is not None:
            await self._deposit(entry.tenant, *proof.deposit)
        return self._remember(name, Proven(entry.tenant, proof), entry)

    async def _check(self, host: Host, asked: Asked, unproven: Unproven, entry: Entry | None) -> Proof:
        stored = () if entry is None else self._directory.keys_of(entry)
        keys = await host.inbound.keys(unproven, stored)
        tenant = None if entry is None else entry.tenant
        return host.inbound.check(unproven, keys, asked, tenant=tenant, now=time.time())

    async def _prove_page(self, token: UnverifiedToken, name: Memory) -> Proven:
        claims = self._page_tokens.check(token)
        entry = await self._directory.find(str(claims["host"]), str(claims["key"]))
        if entry is None or not entry.tenant.is_installed:
            raise TokenRefused("the page's tenant is not installed any more")
        require_same(claims, entry.tenant)
        proof = Proof(Caller.load(claims["caller"]), claims, float(claims["exp"]))
        return self._remember(name, Proven(entry.tenant, proof, visit_of(claims)), entry)

    def _recall(self, name: Memory) -> Proven | None:
        known = self._remembered.get(name)
        if known is None:
            return None
        proven, entry, until = known
        if time.time() < until and self._directory.holds(entry):
            return proven
        del self._remembered[name]
        return None

    def _remember(self, name: Memory, proven: Proven, entry: Entry) -> Proven:
        until = proven.proof.expires
        if self._directory.has_previous(entry):
            # It may have been signed with the secret before, which ends first.
            until = min(until, entry.previous_until)
        if len(self._remembered) >= REMEMBERED:
            self._remembered.popitem(last=False)
        self._remembered[name] = (proven, entry, until)
        return proven


def asked_of(scope: Scope, proof: ProofKind, kind: str, key: str | None = None) -> Asked:
    """Read a request from the raw scope: `request.url` can be moved by a Host header."""
    return Asked(
        method=scope["method"],
        raw_path=scope.get("raw_path") or scope["path"].encode(),
        query=scope["query_string"],
        headers=scope["headers"],
        proof=proof,
        kind=kind,
        key=key,
    )


def find_page_token(scope: Scope) -> tuple[str, UnverifiedToken] | None:
    """Return the token of `Authorization: JWT <token>` if it says it is a page token."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").strip().partition(" ")
            if scheme.lower() != "jwt":
                return None
            text = rest.strip().removeprefix("token=").strip('"')
            try:
                token = read(text)
            except TokenRefused:
                return None
            return (text, token) if token.issuer == ISSUER else None
    return None

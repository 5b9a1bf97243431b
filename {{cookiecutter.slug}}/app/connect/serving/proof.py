"""Turns a request into who is asking: by a token that the route's host reads (`inbound.py`), or a page token."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from starlette.types import Scope

from app.connect.errors import NotAuthenticated
from app.connect.hosts.protocol import Asked, Found, Host, Proof, ProofKind, Unproven
from app.connect.keys.jwt import TokenRefused, UnverifiedToken, read
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.pages.page_tokens import ISSUER, PageTokens, require_same, visit_of
from app.connect.serving.proven import Claims, Kept, ProofMemory, Proven
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tenant import Caller, Installed, Tenant

PAGE = "page"
"""The realm of page tokens in the memory; each host has one for each kind of proof."""
REPEATING = frozenset({ProofKind.ENTRY, ProofKind.CONTEXT})
"""Whose tokens come more than once. An event's comes with its event."""


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
        self._memory = ProofMemory(directory.holds)

    async def by_host(self, host: Host, asked: Asked) -> Proven:
        """Return what a token of the route's host proves; `NotAuthenticated` with the reason otherwise."""
        try:
            return await self._by_host(host, asked, host.inbound.find(asked))
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None

    async def by_page(self, scope: Scope, *, host: str | None = None, modules: Collection[str] | None = None) -> Proven:
        """Return what a page token proves, if it is of `host` and made for one of `modules` (None means any)."""
        text = _written(scope)
        if text is None:
            raise NotAuthenticated("no page token")
        name = self._memory.name(PAGE, text)
        kept = self._memory.recall(name)
        try:
            proven = await self._prove_page(text, name) if kept is None else _recalled(kept, _page_claims, text)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        if host is not None and proven.tenant.host != host:
            raise NotAuthenticated("the page token is of another host")
        if modules is not None and (proven.visit is None or proven.visit.module not in modules):
            raise NotAuthenticated(f"the page token was made for another page than {' or '.join(sorted(modules))}")
        return proven

    async def by_either(self, host: Host, asked: Asked, scope: Scope, *, modules: Collection[str] | None) -> Proven:
        """Take a token of the host, or a page token that fits; two different tokens are refused."""
        written = _written(scope)
        try:
            found = host.inbound.find(asked)
            if written is None or _page_token(written) is None:
                return await self._by_host(host, asked, found)
        except TokenRefused as refused:
            raise NotAuthenticated(str(refused)) from None
        if found is not None and found.token != written:
            raise NotAuthenticated("two different tokens")
        return await self.by_page(scope, host=host.name, modules=modules)

    async def reload(self, tenant: Tenant) -> None:
        """Read a tenant again that was found to be another by now."""
        self._directory.drop(tenant)
        await self._directory.find(tenant.host, tenant.client_key)

    async def _by_host(self, host: Host, asked: Asked, found: Found | None) -> Proven:
        if found is None:
            raise TokenRefused("no token")
        if asked.proof not in REPEATING:
            entry, proof = await self._prove(host, asked, found)
            return Proven(entry.tenant, proof)
        name = self._memory.name(f"{host.name} {asked.proof}", *found)
        kept = self._memory.recall(name)
        if kept is not None:
            return _recalled(kept, lambda again: host.inbound.read(again).token.claims, found)
        entry, proof = await self._prove(host, asked, found)
        self._memory.keep(name, Kept(entry, proof.caller, None, self._until(entry, proof)), token=found.token)
        return Proven(entry.tenant, proof)

    async def _prove(self, host: Host, asked: Asked, found: Found) -> tuple[Entry, Proof]:
        unproven = host.inbound.read(found)
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
        # What the host delivers while it is in doubt itself is kept until that is clear; nothing else is served.
        if not entry.tenant.is_installed and not (entry.tenant.is_in_doubt and asked.proof is ProofKind.EVENT):
            raise TokenRefused(f"the tenant is {entry.tenant.state}")
        if proof.deposit is not None:
            await self._deposit(entry.tenant, *proof.deposit)
        return entry, proof

    async def _check(self, host: Host, asked: Asked, unproven: Unproven, entry: Entry | None) -> Proof:
        stored = () if entry is None else self._directory.keys_of(entry)
        keys = await host.inbound.keys(unproven, stored)
        tenant = None if entry is None else entry.tenant
        return host.inbound.check(unproven, keys, asked, tenant=tenant, now=time.time())

    async def _prove_page(self, text: str, name: bytes) -> Proven:
        token = _page_token(text)
        if token is None:
            raise TokenRefused("no page token")
        claims = self._page_tokens.check(token)
        entry = await self._directory.find(str(claims["host"]), str(claims["key"]))
        if entry is None or not entry.tenant.is_installed:
            raise TokenRefused("the page's tenant is not installed any more")
        require_same(claims, entry.tenant)
        proof = Proof(Caller.load(claims["caller"]), claims, float(claims["exp"]))
        visit = visit_of(claims)
        self._memory.keep(name, Kept(entry, proof.caller, visit, self._until(entry, proof)), token=text)
        return Proven(entry.tenant, proof, visit)

    def _until(self, entry: Entry, proof: Proof) -> float:
        """Return until when a proof may be recalled."""
        if self._directory.has_previous(entry):
            # It may have been signed with the secret before, which ends first.
            return min(proof.expires, entry.previous_until)
        return proof.expires


def _recalled(kept: Kept, read_claims: Callable[[Any], Mapping[str, Any]], token: Any) -> Proven:
    return Proven(kept.entry.tenant, Proof(kept.caller, Claims(read_claims, token), kept.until), kept.visit)


def asked_of(scope: Scope, proof: ProofKind, kind: str, key: str | None = None) -> Asked:
    """Read a request from the raw scope: `request.url` can be moved by a Host header."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Asked(scope["method"], raw_path, scope["query_string"], scope["headers"], proof, kind, key)


def _written(scope: Scope) -> str | None:
    """Return the text of `Authorization: JWT <token>`."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").strip().partition(" ")
            return rest.strip().removeprefix("token=").strip('"') if scheme.lower() == "jwt" else None
    return None


def _page_token(text: str) -> UnverifiedToken | None:
    """Take a token apart if it says it is a page token."""
    try:
        token = read(text)
    except TokenRefused:
        return None
    return token if token.issuer == ISSUER else None


def _page_claims(text: str) -> Mapping[str, Any]:
    return read(text).claims

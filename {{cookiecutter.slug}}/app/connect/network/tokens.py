"""Access tokens for calling the host: one request per expiry, shared by every task and process.

HostError 502
├── UnknownClient       the host no longer knows this installation: it was uninstalled
└── TokenDenied        the host knows it, but gives no token with these scopes
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from app.connect.database.engine import Database
from app.connect.errors import HostError
from app.connect.keys.sealing import Vault
from app.connect.network.token_rows import LEASE, TenantGone, TokenShelf
from app.connect.tenancy.tables import Tenant

EARLY = 60.0
"""Seconds before its end at which a token is replaced..."""
EARLY_SHARE = 0.2
"""... or this share of its life, when that is less."""
LONGEST_LIFE = 7 * 24 * 3600.0
POLL = 0.1
CACHED_TOKENS = 10_000


class UnknownClient(HostError):
    """The host answers 401 to the installation's own credentials: it was uninstalled."""

    code = "unknown_client"
    sentence = "The host no longer knows this installation. Install the add-on again."


class TokenDenied(HostError):
    """The host gives no access token to an installation it knows."""

    code = "token_denied"
    sentence = "The host gave no access token. Install the add-on again so that it is granted its scopes."


@dataclass(frozen=True, slots=True)
class GrantedToken:
    """What a token endpoint answered: its life in seconds and, where the host says so, its group."""

    access_token: str
    expires_in: float
    scopes: frozenset[str] = frozenset()
    group_id: str | None = None
    group_name: str | None = None

    def __repr__(self) -> str:
        return f"GrantedToken(expires_in={self.expires_in}, group_id={self.group_id!r})"


class TokenSource(Protocol):
    """The host's side of tokens; caching and locking are not its business."""

    async def request_token(self, tenant: Tenant, *, secret: str, scopes: Collection[str]) -> GrantedToken:
        """Ask for one token; raise `UnknownClient`, `TokenDenied` or what the connection raises."""
        ...


@dataclass(frozen=True, slots=True)
class _Key:
    tenant_id: str
    generation: int
    scopes: str


class TokenManager:
    """Gives access tokens: from memory, else from the tenant's row, else from the host.

    Tasks that want the same token share one flight; processes share it through a lease on the row. A token is
    replaced a minute before its end, short-lived ones when four fifths of their life are over.
    """

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        source: TokenSource,
        read_secret: Callable[[Tenant], Awaitable[str]],
        on_unknown_client: Callable[[Tenant], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._shelf = TokenShelf(database, vault)
        self._source = source
        self._read_secret = read_secret
        self._on_unknown_client = on_unknown_client
        self._clock = clock
        self._sleep = sleep
        self._memory: OrderedDict[_Key, tuple[str, float]] = OrderedDict()
        self._flights: dict[_Key, asyncio.Task[str]] = {}

    async def get(self, tenant: Tenant, scopes: Collection[str]) -> str:
        """Return a token of this tenant and generation with exactly these scopes.

        Raises `UnknownClient`, `TokenDenied`, `HostUnavailable` or `ResponseInvalid`; the error of one
        request goes to every task that waited for it.
        """
        key = _Key(tenant.id, tenant.generation, _scope_key(scopes))
        held = self._memory.get(key)
        if held and self._clock() < held[1]:
            self._memory.move_to_end(key)
            return held[0]
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fly(tenant, key))
            flight.add_done_callback(lambda done: self._land(key, done))
        # A request that is cancelled must not take the token from the others who wait for it.
        return await asyncio.shield(flight)

    async def invalidate(self, tenant: Tenant, scopes: Collection[str], token: str) -> None:
        """Forget `token` after the host refused it; a newer one that someone else fetched stays."""
        key = _Key(tenant.id, tenant.generation, _scope_key(scopes))
        held = self._memory.get(key)
        if held and held[0] == token:
            del self._memory[key]
        await self._shelf.discard(key.tenant_id, key.scopes, token)

    def forget(self, tenant_id: str) -> None:
        """Drop what this process remembers of a tenant; its rows go with the tenant."""
        for key in [key for key in self._memory if key.tenant_id == tenant_id]:
            del self._memory[key]

    async def aclose(self) -> None:
        """Stop the requests that are under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, key: _Key, flight: asyncio.Task[str]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # marks it as seen, when nobody waits any longer

    async def _fly(self, tenant: Tenant, key: _Key) -> str:
        give_up = self._clock() + 2 * LEASE
        while True:
            shelved = await self._shelf.read(key.tenant_id, key.scopes)
            if shelved and shelved.generation > key.generation:
                raise TokenDenied("The add-on was installed anew; what began before that ends here.")
            now = self._clock()
            if shelved and shelved.generation == key.generation and now < shelved.fresh_until:
                self._remember(key, shelved.token, shelved.fresh_until)
                return shelved.token
            try:
                lease = await self._shelf.lease(key.tenant_id, key.scopes, generation=key.generation, now=now)
            except TenantGone:
                raise TokenDenied("The tenant is no longer installed.") from None
            if lease:
                break
            if now > give_up:
                raise TokenDenied("No access token came in time. Check that the tenant is still installed.")
            await self._sleep(POLL)
        try:
            return await self._request(tenant, key, lease)
        finally:
            await self._shelf.release(lease, key.tenant_id)

    async def _request(self, tenant: Tenant, key: _Key, lease: str) -> str:
        secret = await self._read_secret(tenant)
        asked_at = self._clock()
        try:
            granted = await self._source.request_token(tenant, secret=secret, scopes=key.scopes.split())
        except UnknownClient:
            if self._on_unknown_client:
                await self._on_unknown_client(tenant)
            raise
        fresh_until = asked_at + fresh_for(granted.expires_in)
        if fresh_until > asked_at:
            await self._shelf.put(lease, key.tenant_id, granted.access_token, fresh_until=fresh_until)
            self._remember(key, granted.access_token, fresh_until)
        return granted.access_token

    def _remember(self, key: _Key, token: str, fresh_until: float) -> None:
        self._memory[key] = (token, fresh_until)
        self._memory.move_to_end(key)
        if len(self._memory) > CACHED_TOKENS:
            self._memory.popitem(last=False)


def _scope_key(scopes: Collection[str]) -> str:
    return " ".join(sorted(set(scopes)))


def fresh_for(expires_in: float) -> float:
    """Return for how many seconds a token is used whose life is `expires_in` seconds; 0 for a single call."""
    life = min(max(expires_in, 0.0), LONGEST_LIFE)
    return life - min(EARLY, life * EARLY_SHARE)

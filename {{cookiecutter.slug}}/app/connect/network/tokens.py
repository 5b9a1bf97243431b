"""Access tokens for calling the host: one request per expiry, shared by every task and process.

HostError 502
├── UnknownClient       the host no longer knows this installation: it was uninstalled
├── TokenDenied         the host knows it, but gives no token with these scopes
└── TokenAwaited 503    the host gives tokens when it likes, and there is none now: what runs later waits
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from app.connect.database.engine import Database
from app.connect.errors import HostError
from app.connect.keys.sealing import Vault
from app.connect.network.token_rows import LEASE, Slot, TenantGone, TokenShelf
from app.connect.tenancy.tenant import Tenant

EARLY = 60.0
"""Seconds before its end at which a token is replaced..."""
EARLY_SHARE = 0.2
"""... or this share of its life, when that is less."""
LONGEST_LIFE = 7 * 24 * 3600.0
LONGER = 300.0
"""Seconds by which a pushed token must outlast the one that is kept to take its place: each request brings one."""
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


class TokenAwaited(HostError):
    """The host pushes access tokens along with its requests, and there is none now: the next one brings it."""

    status = 503
    code = "token_awaited"
    sentence = "There is no access token now. The host brings one with its next call, at least every hour."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an access token is wanted for: its scopes, and the user it acts for where it is not the add-on itself."""

    scopes: frozenset[str] = frozenset()
    user_id: str | None = None

    @property
    def key(self) -> str:
        """Return it as one line that names it among the tokens of an installation."""
        scopes = " ".join(sorted(self.scopes))
        return scopes if self.user_id is None else f"{scopes} as {self.user_id}"


@dataclass(frozen=True, slots=True)
class GrantedToken:
    """A token as a host gave it, and its life in seconds."""

    access_token: str = field(repr=False)
    expires_in: float


class Source(Protocol):
    """The host's side of tokens; caching and locking are not its business."""

    async def grant(self, tenant: Tenant, secret: str | None, wanted: Wanted) -> GrantedToken:
        """Ask the host for one token; raise `UnknownClient`, `TokenDenied` or what the connection raises."""
        ...


@dataclass(frozen=True, slots=True)
class _Key:
    slot: Slot
    generation: int


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
        source: Source,
        read_secret: Callable[[Tenant], Awaitable[str | None]],
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

    async def get(self, tenant: Tenant, wanted: Wanted) -> str:
        """Return a token of this installation and generation for exactly what is wanted.

        Raises `UnknownClient`, `TokenDenied`, `HostUnavailable` or `ResponseInvalid`; the error of one
        request goes to every task that waited for it.
        """
        key = _key(tenant, wanted)
        held = self._memory.get(key)
        if held and self._clock() < held[1]:
            self._memory.move_to_end(key)
            return held[0]
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fly(tenant, wanted, key))
            flight.add_done_callback(lambda done: self._land(key, done))
        # A request that is cancelled must not take the token from the others who wait for it.
        return await asyncio.shield(flight)

    async def deposit(self, tenant: Tenant, wanted: Wanted, token: GrantedToken) -> bool:
        """Keep a token that the host pushed along with a request, unless the one that is there lasts as long.

        Return whether it is the newest now; one that is about to end, or ended, is not kept.
        """
        key = _key(tenant, wanted)
        now = self._clock()
        fresh_until = now + fresh_for(token.expires_in)
        held = self._memory.get(key)
        if fresh_until <= now or (held and now < held[1] and fresh_until < held[1] + LONGER):
            return False
        try:
            kept = await self._shelf.push(
                key.slot, token.access_token, generation=key.generation, fresh_until=fresh_until, longer=LONGER, now=now
            )
        except TenantGone:
            return False
        if kept:
            self._remember(key, token.access_token, fresh_until)
        return kept

    async def invalidate(self, tenant: Tenant, wanted: Wanted, token: str) -> None:
        """Forget `token` after the host refused it; a newer one that someone else fetched stays."""
        key = _key(tenant, wanted)
        held = self._memory.get(key)
        if held and held[0] == token:
            del self._memory[key]
        await self._shelf.discard(key.slot, token)

    def forget(self, tenant_id: str) -> None:
        """Drop what this process remembers of a tenant; its rows go with the tenant."""
        for key in [key for key in self._memory if key.slot.tenant_id == tenant_id]:
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

    async def _fly(self, tenant: Tenant, wanted: Wanted, key: _Key) -> str:
        give_up = self._clock() + 2 * LEASE
        while True:
            shelved = await self._shelf.read(key.slot)
            if shelved and shelved.generation > key.generation:
                raise TokenDenied("The add-on was installed anew; what began before that ends here.")
            now = self._clock()
            if shelved and shelved.generation == key.generation and now < shelved.fresh_until:
                self._remember(key, shelved.token, shelved.fresh_until)
                return shelved.token
            try:
                lease = await self._shelf.lease(key.slot, generation=key.generation, now=now)
            except TenantGone:
                raise TokenDenied("The tenant is no longer installed.") from None
            if lease:
                break
            if now > give_up:
                raise TokenDenied("No access token came in time. Check that the tenant is still installed.")
            await self._sleep(POLL)
        try:
            return await self._request(tenant, wanted, key, lease)
        finally:
            await self._shelf.release(lease, key.slot)

    async def _request(self, tenant: Tenant, wanted: Wanted, key: _Key, lease: str) -> str:
        secret = await self._read_secret(tenant)
        asked_at = self._clock()
        try:
            granted = await self._source.grant(tenant, secret, wanted)
        except UnknownClient:
            if self._on_unknown_client:
                await self._on_unknown_client(tenant)
            raise
        fresh_until = asked_at + fresh_for(granted.expires_in)
        if fresh_until > asked_at:
            await self._shelf.put(lease, key.slot, granted.access_token, fresh_until=fresh_until)
            self._remember(key, granted.access_token, fresh_until)
        return granted.access_token

    def _remember(self, key: _Key, token: str, fresh_until: float) -> None:
        self._memory[key] = (token, fresh_until)
        self._memory.move_to_end(key)
        if len(self._memory) > CACHED_TOKENS:
            self._memory.popitem(last=False)


def _key(tenant: Tenant, wanted: Wanted) -> _Key:
    return _Key(Slot(tenant.id, tenant.installation_id, wanted.key), tenant.generation)


def fresh_for(expires_in: float) -> float:
    """Return for how many seconds a token is used whose life is `expires_in` seconds; 0 for a single call."""
    life = min(max(expires_in, 0.0), LONGEST_LIFE)
    return life - min(EARLY, life * EARLY_SHARE)

"""The tenants this process knows by heart: found without the database, and never older than a few seconds.

A database lookup costs several times a whole request, so every tenant is kept here (about 1 KB each). What keeps
that honest: this process drops a tenant the moment it changes it, and every half second one small query asks for
tenants that other processes changed. If that query has not succeeded for `DISTRUST_AFTER` seconds, the directory
asks again before it answers, so an uninstalled tenant lives on for at most that long anywhere.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from sys import intern

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from app.connect.database.engine import Database
from app.connect.keys.jwt import VerifyKey, prepare_key
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant

log = logging.getLogger(__name__)

CAPACITY = 200_000
FOLLOW_EVERY = 0.5
DISTRUST_AFTER = 2.5
"""Seconds. Shorter than `entries.PURGE_DELAY`, so that a purged row cannot go unseen."""
CHANGE_WINDOW = 30.0
"""Seconds of changes read each time; covers clocks of several machines that differ."""
LOAD_CHUNK = 2_000
RETRY_AFTER = 1.0
MISSES = 10_000
NAMEABLE = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
"""What a client key can be; anything else (a NUL, say) must not reach the database."""


@dataclass(slots=True)
class Entry:
    """A tenant with its sealed secrets; the keys are prepared at first use."""

    tenant: Tenant
    sealed_secret: bytes | None
    sealed_previous: bytes | None
    previous_until: float
    keys: tuple[tuple[VerifyKey, ...], tuple[VerifyKey, ...]] | None = None
    """Of the present secret alone, and of it and the one before; made once, since every new token asks."""


class TenantDirectory:
    """Find tenants by `(host, client_key)`; see the module's promise about age."""

    def __init__(self, db: Database, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._missed: dict[tuple[str, str], float] = {}
        self._dropped: dict[tuple[str, str], float] = {}
        self._followed_at = 0.0
        self._followed_wall = 0.0
        self._loaded = False
        self._following = asyncio.Lock()
        self._stopping = asyncio.Event()

    async def find(self, host: str, client_key: str) -> Entry | None:
        """Return the tenant's entry in whatever state it is, or None when there is no such tenant."""
        if time.monotonic() - self._followed_at > DISTRUST_AFTER:
            await self._follow()
        return self._entries.get((host, client_key)) or await self.reload(host, client_key)

    def holds(self, entry: Entry) -> bool:
        """Tell whether `entry` is still what `find` would return, without asking the database."""
        tenant = entry.tenant
        return (
            self._entries.get((tenant.host, tenant.client_key)) is entry
            and time.monotonic() - self._followed_at <= DISTRUST_AFTER
        )

    async def reload(self, host: str, client_key: str) -> Entry | None:
        """Read one tenant again, at most once a second for one name.

        Both a miss and a bad signature come here, so they cost the same and neither can load the database.
        """
        name = (host, client_key)
        if not NAMEABLE.fullmatch(client_key):
            return None
        now = time.monotonic()
        if now - self._missed.get(name, -RETRY_AFTER) < RETRY_AFTER:
            return self._entries.get(name)
        if len(self._missed) >= MISSES:
            self._missed.clear()
        self._missed[name] = now
        query = INSTALLATIONS.where(InstallationRow.host == host, InstallationRow.client_key == client_key)
        asked = time.monotonic()
        rows = await self._read(query)
        if not rows:
            self._entries.pop(name, None)
            return None
        return self._keep(*rows[0], asked=asked)

    def keys_of(self, entry: Entry) -> tuple[VerifyKey, ...]:
        """Return the prepared keys that verify what this installation's host signs, the present one first."""
        if entry.keys is None:
            alone = self._prepared(entry, entry.sealed_secret)
            entry.keys = alone, alone + self._prepared(entry, entry.sealed_previous)
        return entry.keys[1 if self.has_previous(entry) else 0]

    def _prepared(self, entry: Entry, sealed: bytes | None) -> tuple[VerifyKey, ...]:
        if sealed is None:
            return ()
        return (prepare_key(self._vault.open(sealed, owner=secret_owner(entry.tenant.installation_id))),)

    def has_previous(self, entry: Entry) -> bool:
        """Tell whether the secret before the present one still verifies."""
        return entry.sealed_previous is not None and self._clock() < entry.previous_until

    async def secret_of(self, tenant: Tenant) -> str | None:
        """Return the installation's present secret in clear text, for its host's token endpoint only."""
        entry = await self.find(tenant.host, tenant.client_key)
        if entry is None:
            raise LookupError("the tenant is gone")
        if entry.sealed_secret is None:
            return None
        return self._vault.open(entry.sealed_secret, owner=secret_owner(entry.tenant.installation_id))

    def drop(self, tenant: Tenant) -> None:
        """Forget a tenant that this process has just changed."""
        name = (tenant.host, tenant.client_key)
        self._entries.pop(name, None)
        self._missed.pop(name, None)
        if len(self._dropped) >= MISSES:
            self._dropped.clear()
        self._dropped[name] = time.monotonic()

    async def load(self) -> None:
        """Read every tenant, in chunks, while requests go on."""
        last = ""
        while len(self._entries) < CAPACITY and not self._stopping.is_set():
            query = INSTALLATIONS.where(InstallationRow.id > last).order_by(InstallationRow.id).limit(LOAD_CHUNK)
            asked = time.monotonic()
            rows = await self._read(query)
            for row in rows:
                self._keep(*row, asked=asked)
            if len(rows) < LOAD_CHUNK:
                return
            last = rows[-1][0].id
            await asyncio.sleep(0)

    async def run(self) -> None:
        """Load everything, then follow changes until `stop`; load again after a gap."""
        loading = asyncio.create_task(asyncio.sleep(0))
        while not self._stopping.is_set():
            # The promise is kept by `find`, which asks again itself when this loop falls behind.
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._follow()
            if not self._loaded:
                self._loaded = True
                await loading
                loading = asyncio.create_task(self._load_quietly())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), FOLLOW_EVERY)
        await loading

    def stop(self) -> None:
        """Make `run` return once its present query is through; cancelling would tear a connection."""
        self._stopping.set()

    async def _load_quietly(self) -> None:
        try:
            await self.load()
        except (SQLAlchemyError, OSError):
            log.exception("The tenants could not be loaded ahead; they are read one by one instead.")

    async def _follow(self) -> None:
        asked = time.monotonic()
        async with self._following:
            if self._followed_at >= asked:
                return
            started, wall = time.monotonic(), self._clock()
            # The monotonic clock stands still while a machine sleeps, the other one may be set: either tells a gap.
            if max(started - self._followed_at, wall - self._followed_wall) > DISTRUST_AFTER:
                # What changed or was purged meanwhile may be out of the window: begin anew.
                self._entries.clear()
                self._missed.clear()
                self._loaded = False
            changed = InstallationRow.changed_at > self._clock() - CHANGE_WINDOW
            for row in await self._read(INSTALLATIONS.where(changed)):
                self._keep(*row, asked=started)
            self._followed_at, self._followed_wall = started, wall

    async def _read(self, query: Select[InstallationRow, TenantRow]) -> list[tuple[InstallationRow, TenantRow]]:
        async with self._db.session() as session:
            return [(installation, tenant) for installation, tenant in await session.execute(query)]

    def _keep(self, row: InstallationRow, owner: TenantRow, *, asked: float) -> Entry:
        """Remember what was read, unless this process has changed the tenant since it asked: it may be older."""
        name = (row.host, row.client_key)
        known = self._entries.get(name)
        if known is not None and (
            known.tenant.changed_at == row.changed_at
            and known.tenant.generation == row.generation
            and known.tenant.state == row.state
        ):
            return known
        if self._dropped.get(name, -1.0) >= asked:
            return self._entries.get(name) or _entry(row, owner)
        if len(self._entries) >= CAPACITY:
            self._entries.popitem(last=False)
        # Many tenants share one host; interning keeps one copy of each of its addresses.
        for column in ("host", "origin", "api_url", "web_url"):
            row.__dict__[column] = intern(getattr(row, column))
        owner.__dict__["memo_json"] = intern(owner.memo_json)
        entry = self._entries[name] = _entry(row, owner)
        return entry


def _entry(row: InstallationRow, owner: TenantRow) -> Entry:
    return Entry(row.view(owner), row.sealed_secret, row.sealed_previous, row.previous_until)


INSTALLATIONS = select(InstallationRow, TenantRow).join(TenantRow, TenantRow.id == InstallationRow.tenant_id)


def secret_owner(installation_id: str) -> str:
    """Name the row that a sealed secret belongs to."""
    return f"installation:{installation_id}"

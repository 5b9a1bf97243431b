"""The tenants this process knows by heart: found without the database, and never older than a few seconds.

A database lookup costs several times a whole request, so every tenant is kept here (about 1 KB each). What keeps
that honest: this process drops a tenant the moment it changes it, and every half second one small query asks for
tenants that other processes changed. If that query has not succeeded for `DISTRUST_AFTER` seconds, the directory
asks again before it answers, so an uninstalled tenant lives on for at most that long anywhere.

Once everybody is here, a name that is not here is nobody's. It is asked for all the same, since another process may
have installed it a moment ago, but such names only so many times a second: then the answer is what is known.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from sys import intern

from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.connect.database.engine import Database
from app.connect.keys.jwt import VerifyKey, prepare_key
from app.connect.keys.sealing import Vault
from app.connect.tenancy.entry import Entry, entry_of
from app.connect.tenancy.misses import Misses
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant
from app.connect.tenancy.traces import purged_since, trace_of

log = logging.getLogger(__name__)

CAPACITY = 200_000
FOLLOW_EVERY = 0.5
DISTRUST_AFTER = 2.5
"""Seconds. Shorter than `entries.PURGE_DELAY`, so that whoever looks sees an end before its row is purged."""
LONGEST_GAP = 23 * 3600.0
"""Seconds without a look after which nothing is believed any more; traces of the purged are kept for longer."""
CHANGE_WINDOW = 30.0
"""Seconds of changes read each time; covers clocks of several machines that differ."""
LOAD_CHUNK = 2_000
LOOK = 6.0
"""Seconds for which anybody waits for a look at what changed."""
CHANGE_CHUNK = 200
"""Tenants read between two turns of the requests that wait."""
DROPPED = 10_000
NAMEABLE = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
"""What a client key can be; anything else (a NUL, say) must not reach the database."""


class TenantDirectory:
    """Find tenants by `(host, client_key)`; see the module's promise about age."""

    def __init__(self, db: Database, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._misses = Misses()
        self._asking: dict[tuple[str, str], asyncio.Task[Entry | None]] = {}
        self._dropped: dict[tuple[str, str], float] = {}
        self._seen: dict[str, float] = {}
        self._purged: set[str] = set()
        self._followed_at = 0.0
        self._followed_wall = 0.0
        self._loaded = False
        self._has_all = False
        self._looking: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def find(self, host: str, client_key: str) -> Entry | None:
        """Return the tenant's entry in whatever state it is, or None when there is no such tenant."""
        if time.monotonic() - self._followed_at > DISTRUST_AFTER:
            await self._look()
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
        asking = self._asking.get(name)
        if asking is None:
            # What this process changed itself must be seen at once.
            must = not self._has_all or name in self._dropped
            if name in self._misses or not (must or self._misses.may_ask()):
                return self._entries.get(name)
            self._misses.note(name)
            asking = self._asking[name] = asyncio.create_task(self._ask(name))
            asking.add_done_callback(lambda _: self._asking.pop(name, None))
        # Of requests that come at once one asks, and none is refused because another was first.
        return await asyncio.shield(asking)

    async def _ask(self, name: tuple[str, str]) -> Entry | None:
        host, client_key = name
        asked = time.monotonic()
        try:
            rows = await self._read(
                INSTALLATIONS.where(InstallationRow.host == host, InstallationRow.client_key == client_key)
            )
        except BaseException:
            # Nothing was found out: who asks next must not be told that there is nobody.
            self._misses.forget(name)
            raise
        if not rows:
            self._entries.pop(name, None)
            return None
        return self._keep(*rows[0], asked=asked)

    def is_following(self, within: float) -> bool:
        """Tell whether changes of other processes were seen within the last seconds."""
        return time.monotonic() - self._followed_at < within

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
        self._misses.forget(name)
        if len(self._dropped) >= DROPPED:
            self._dropped.clear()
        self._dropped[name] = time.monotonic()

    async def require_keys(self) -> None:
        """Raise `ConfigurationError` unless the newest stored secret can be opened: else every request would fail."""
        sealed = INSTALLATIONS.where(InstallationRow.sealed_secret.is_not(None))
        for row, _ in await self._read(sealed.order_by(InstallationRow.changed_at.desc()).limit(1)):
            self._vault.open(row.sealed_secret or b"", owner=secret_owner(row.id))

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
                self._has_all = len(self._entries) < CAPACITY
                return
            last = rows[-1][0].id
            await asyncio.sleep(0)

    async def run(self) -> None:
        """Load everything, then follow changes until `stop`; load again after a very long gap."""
        loading = asyncio.create_task(asyncio.sleep(0))
        while not self._stopping.is_set():
            # The promise is kept by `find`, which asks again itself when this loop falls behind.
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._look()
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

    async def _look(self) -> None:
        """Look once for all who ask meanwhile: where the database hangs none waits for the looks of the others."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._follow())
            self._looking.add_done_callback(self._looked)
        try:
            async with asyncio.timeout(LOOK):
                await asyncio.shield(self._looking)
        except TimeoutError as error:
            raise OperationalError("the look for changes", None, error) from error

    def _looked(self, look: asyncio.Task[None]) -> None:
        self._looking = None
        if not look.cancelled():
            look.exception()  # marks it as seen, when nobody waits any longer

    async def _follow(self) -> None:
        started, wall = time.monotonic(), self._clock()
        # The monotonic clock stands still while a machine sleeps, the other one may be set: either tells a gap.
        gap = max(started - self._followed_at, wall - self._followed_wall)
        since = min(wall, self._followed_wall) - CHANGE_WINDOW
        if gap > LONGEST_GAP:
            self._entries.clear()
            self._seen.clear()
            self._loaded = self._has_all = False
            since = wall - CHANGE_WINDOW
        if gap > DISTRUST_AFTER:
            self._misses.clear()
            await self._forget_purged(since)
        await self._read_changed(started, since=since)
        self._followed_at, self._followed_wall = started, wall

    async def _forget_purged(self, since: float) -> None:
        """Forget who was purged while nobody looked: only what is there can be seen to change."""
        async with self._db.aside() as session:
            self._purged = await purged_since(session, since)
        if self._purged:
            for name, entry in list(self._entries.items()):
                if trace_of(entry.tenant.installation_id) in self._purged:
                    del self._entries[name]

    async def _read_changed(self, asked: float, *, since: float) -> None:
        """Read the tenants that changed in the window, and of those only what no look has seen yet."""
        query = select(InstallationRow.id, InstallationRow.changed_at).where(InstallationRow.changed_at > since)
        async with self._db.aside() as session:
            changes = {row.id: row.changed_at for row in await session.execute(query)}
        unseen = [row_id for row_id, changed_at in changes.items() if self._seen.get(row_id) != changed_at]
        for start in range(0, len(unseen), CHANGE_CHUNK):
            chunk = INSTALLATIONS.where(InstallationRow.id.in_(unseen[start : start + CHANGE_CHUNK]))
            async with self._db.aside() as session:
                rows = [(row, owner) for row, owner in await session.execute(chunk)]
            for row, owner in rows:
                self._keep(row, owner, asked=asked)
            await asyncio.sleep(0)
        self._seen = changes

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
            known.asked = max(known.asked, asked)
            return known
        if known is not None and known.asked > asked:
            return known
        if self._dropped.get(name, -1.0) >= asked or (self._purged and trace_of(row.id) in self._purged):
            return self._entries.get(name) or entry_of(row, owner, asked)
        if len(self._entries) >= CAPACITY:
            self._has_all = False
            left, _ = self._entries.popitem(last=False)
            self._misses.forget(left)
        # Many tenants share one host; interning keeps one copy of each of its addresses.
        for column in ("host", "origin", "api_url", "web_url"):
            row.__dict__[column] = intern(getattr(row, column))
        owner.__dict__["memo_json"] = intern(owner.memo_json)
        entry = self._entries[name] = entry_of(row, owner, asked)
        return entry


INSTALLATIONS = select(InstallationRow, TenantRow).join(TenantRow, TenantRow.id == InstallationRow.tenant_id)


def secret_owner(installation_id: str) -> str:
    """Name the row that a sealed secret belongs to."""
    return f"installation:{installation_id}"

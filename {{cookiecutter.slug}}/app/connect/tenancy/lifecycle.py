"""Where tenants change state, and nowhere else: a host's `Change` is applied in one transaction, and data is purged.

absent -> installed(generation n) -> suspended -> installed -> uninstalled -> purged
When a reported uninstall is asked about, and when the purge follows: `entries.py`; who asks: `serving/transitions.py`.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Base, Database
from app.connect.errors import TenantTaken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import INSTALLATIONS, TenantDirectory, secret_owner
from app.connect.tenancy.entries import CHECK_UNINSTALL, CHECKS, UNINSTALLED, installed_entry, owner_of
from app.connect.tenancy.tables import InstallationRow, TenantRow, columns_of
from app.connect.tenancy.tenant import (
    Change,
    Doubted,
    Installed,
    Refreshed,
    Resumed,
    Suspended,
    Tenant,
    TenantState,
    Uninstalled,
)
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, Kind, new_row

log = logging.getLogger(__name__)

GRACE = 300.0
"""Seconds for which the secret before still verifies after a change: what it signed may be under way."""


@dataclass(frozen=True, slots=True)
class Known:
    """An installation as the database has it, with its secret in clear text: for a host's proof only."""

    tenant: Tenant
    secret: str | None = field(repr=False)


class Lifecycle:
    """The transitions. Each is one transaction, and this process forgets the tenant right after it."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        directory: TenantDirectory,
        inbox: Inbox,
        on_change: Callable[[Tenant], None],
    ) -> None:
        self._db = database
        self._vault = vault
        self._directory = directory
        self._inbox = inbox
        self._on_change = on_change

    async def known(self, host: str, client_key: str) -> Known | None:
        """Return an installation as it is in the database now, in whatever state, or None."""
        async with self._db.session() as session:
            found = await _find(session, host, client_key)
        if found is None:
            return None
        row, owner = found
        secret = None
        if row.sealed_secret is not None:
            secret = self._vault.open(row.sealed_secret, owner=secret_owner(row.id))
        return Known(row.view(owner), secret)

    async def apply(self, host: str, change: Change, *, proved: Tenant | None = None) -> None:
        """Write what a host found out. `TenantTaken` when it would take over a tenant of another origin.

        `proved` is the installation that the host spoke of; what was installed anew since then is left alone.
        """
        if isinstance(change, Installed):
            await self._install(host, change)
            return
        if isinstance(change, Doubted):
            # Anybody can say so: it costs no more than a look into memory.
            entry = await self._directory.find(host, change.client_key)
            if entry is not None and entry.tenant.is_installed:
                await self.suspect(entry.tenant)
            return
        tenant = proved or await self._tenant(host, change)
        if tenant is None:
            return
        match change:
            case Refreshed():
                await self._set(tenant, **columns_of(change))
            case Suspended():
                await self._set(tenant, only=TenantState.INSTALLED, state=TenantState.SUSPENDED)
            case Resumed():
                await self._set(tenant, only=TenantState.SUSPENDED, state=TenantState.INSTALLED)
            case Uninstalled():
                await self.uninstall(tenant)

    async def enrol(self, host: str, change: Installed) -> None:
        """Store an installation that comes into being by a proof; one that is there already stays as it is."""
        try:
            tenant = await self._create(host, change)
        except IntegrityError:
            # Its requests came at once, and another of them was first.
            known = await self.known(host, change.client_key)
            if known is not None:
                self._directory.drop(known.tenant)
            return
        self._changed(tenant, "enrolled", generation=tenant.generation, origin=tenant.origin)

    async def suspect(self, tenant: Tenant, *, attempt: int = 0) -> None:
        """Have the worker ask the host whether this installation is alive, unless it is about to already."""
        delivery_id = f"{CHECK_UNINSTALL}:{int(time.time() // CHECKS[1])}" if attempt == 0 else None
        row = new_row(
            Kind.LIFECYCLE,
            CHECK_UNINSTALL,
            owner_of(tenant),
            envelope=Envelope(attempt),
            delivery_id=delivery_id,
            due_at=time.time() + CHECKS[attempt],
        )
        await self._inbox.accept(row)

    async def uninstall(self, tenant: Tenant) -> None:
        """End an installation: no handler but `on_uninstalled` runs for it from here on."""
        now = time.time()
        statement = (
            update(InstallationRow)
            .where(*_is(tenant), InstallationRow.state != TenantState.UNINSTALLED)
            .values(state=TenantState.UNINSTALLED, changed_at=now)
        )
        async with self._db.session() as session:
            changed = await session.execute(statement)
            if not changed.rowcount:  # type: ignore[attr-defined]
                return
            # Two installations that end at once wait for each other here, so that the later one sees the earlier gone.
            mine = TenantRow.id == tenant.id
            await session.execute(update(TenantRow).where(mine).values(changed_at=TenantRow.changed_at))
            alive = exists().where(
                InstallationRow.tenant_id == tenant.id, InstallationRow.state != TenantState.UNINSTALLED
            )
            ended = await session.execute(
                update(TenantRow)
                .where(mine, ~alive)
                .values(state=TenantState.UNINSTALLED, changed_at=now, uninstalled_at=now)
            )
            if ended.rowcount:  # type: ignore[attr-defined]
                await self._inbox.put(session, new_row(Kind.LIFECYCLE, UNINSTALLED, owner_of(tenant)))
        self._changed(tenant, "uninstalled")

    async def purge(self, tenant: Tenant) -> None:
        """Delete every row of an uninstalled tenant, in every table that has tenants' rows."""
        async with self._db.session() as session:
            # Writes, not looks: they hold the rows on both databases, so that no install comes in between. Whoever
            # holds both begins with the installation, or two of them could wait for each other.
            await session.execute(
                update(InstallationRow)
                .where(InstallationRow.tenant_id == tenant.id)
                .values(changed_at=InstallationRow.changed_at)
            )
            held = await session.execute(
                update(TenantRow)
                .where(TenantRow.id == tenant.id, TenantRow.state == TenantState.UNINSTALLED)
                .values(changed_at=time.time())
            )
            if not held.rowcount:  # type: ignore[attr-defined]
                return
            for table in reversed(Base.metadata.sorted_tables):
                if "tenant_id" in table.columns:
                    await session.execute(delete(table).where(table.columns["tenant_id"] == tenant.id))
            await session.execute(delete(TenantRow).where(TenantRow.id == tenant.id))
        self._changed(tenant, "purged")

    async def _install(self, host: str, change: Installed) -> None:
        """Store a proven installation: renew the one from the same origin, else create it.

        Two installs of one tenant may race: the unique name decides, and the loser renews what the winner wrote.
        """
        for last in (False, True):
            try:
                tenant = await self._renew(host, change) or await self._create(host, change)
            except IntegrityError:
                if last:
                    # The name is taken and could not be renewed: it belongs to another origin by now.
                    raise TenantTaken from None
            else:
                self._changed(tenant, "installed", generation=tenant.generation, origin=tenant.origin)
                return

    async def _renew(self, host: str, change: Installed) -> Tenant | None:
        now = time.time()
        async with self._db.session() as session:
            found = await _find(session, host, change.client_key, hold=True)
            if found is None:
                return None
            row, owner = found
            if row.origin != change.origin:
                raise TenantTaken
            is_going_on = row.state != TenantState.UNINSTALLED
            row.sealed_previous, row.previous_until = (row.sealed_secret, now + GRACE) if is_going_on else (None, 0.0)
            row.sealed_secret = self._seal(change, row.id)
            for name, value in columns_of(change).items():
                setattr(row, name, value)
            row.state = owner.state = TenantState.INSTALLED
            row.generation += 1
            owner.installed_at = self._inbox.now()
            row.changed_at = owner.changed_at = now
            owner.uninstalled_at = None
            await session.flush()
            tenant = row.view(owner)
            await self._inbox.put(session, installed_entry(tenant))
        return tenant

    async def _create(self, host: str, change: Installed) -> Tenant:
        now = time.time()
        owner = TenantRow(
            id=uuid.uuid4().hex,
            state=TenantState.INSTALLED,
            memo_json="{}",
            installed_at=self._inbox.now(),
            changed_at=now,
        )
        row = InstallationRow(
            id=uuid.uuid4().hex,
            tenant_id=owner.id,
            host=host,
            client_key=change.client_key,
            state=TenantState.INSTALLED,
            generation=1,
            previous_until=0.0,
            changed_at=now,
            **columns_of(change),
        )
        row.sealed_secret = self._seal(change, row.id)
        async with self._db.session() as session:
            session.add(owner)
            await session.flush()
            session.add(row)
            await session.flush()
            tenant = row.view(owner)
            await self._inbox.put(session, installed_entry(tenant))
        return tenant

    async def _tenant(self, host: str, change: Change) -> Tenant | None:
        known = await self.known(host, change.client_key)
        return known.tenant if known else None

    async def _set(self, tenant: Tenant, *, only: TenantState | None = None, **values: Any) -> None:
        where = [*_is(tenant), *([InstallationRow.state == only] if only else [])]
        async with self._db.session() as session:
            await session.execute(update(InstallationRow).where(*where).values(**values, changed_at=time.time()))
        self._changed(tenant, "changed", columns=", ".join(sorted(values)))

    def _seal(self, change: Installed, installation_id: str) -> bytes | None:
        if change.secret is None:
            return None
        return self._vault.seal(change.secret, owner=secret_owner(installation_id))

    def _changed(self, tenant: Tenant, what: str, **extra: Any) -> None:
        self._on_change(tenant)
        self._inbox.ring()
        log.info(what, extra={"tenant": tenant.id, **extra})


async def _find(
    session: AsyncSession, host: str, client_key: str, *, hold: bool = False
) -> tuple[InstallationRow, TenantRow] | None:
    mine = (InstallationRow.host == host, InstallationRow.client_key == client_key)
    if hold:
        # A write, not a look: it holds the row on both databases until the transaction ends.
        await session.execute(update(InstallationRow).where(*mine).values(changed_at=InstallationRow.changed_at))
    found = (await session.execute(INSTALLATIONS.where(*mine))).one_or_none()
    return None if found is None else (found[0], found[1])


def _is(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    """Find the row while it is still the installation that was read."""
    return InstallationRow.id == tenant.installation_id, InstallationRow.generation == tenant.generation

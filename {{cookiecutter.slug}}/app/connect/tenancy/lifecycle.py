"""Where a host's `Change` is applied, in one transaction: tenants come, are renewed, are paused and go.

absent -> installed(generation n) -> suspended -> installed -> uninstalled -> purged
What only a refusal says: `doubts.py`; the end: `endings.py`; what anybody says: `hints.py`; when: `entries.py`.
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.exc import IntegrityError

from app.connect.errors import InstallRefused, TenantTaken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.changing import Changing, is_still
from app.connect.tenancy.directory import INSTALLATIONS, TenantDirectory, secret_owner
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.entries import installed_entry
from app.connect.tenancy.finding import find
from app.connect.tenancy.hints import Hints
from app.connect.tenancy.joining import end_others, join, keep_tokens, settle
from app.connect.tenancy.tables import InstallationRow, TenantRow, columns_of
from app.connect.tenancy.tenant import (
    Change,
    Doubted,
    Installed,
    Joined,
    Refreshed,
    Resumed,
    Suspended,
    Tenant,
    TenantState,
    Uninstalled,
)
from app.connect.tenancy.tombstones import has_ended_since, set_tombstone
from app.connect.work.waiting import end_waiting, release_held

GRACE = 300.0
"""Seconds for which the secret before still verifies after a change: what it signed may be under way."""


@dataclass(frozen=True, slots=True)
class Known:
    """An installation as the database has it, with its secret in clear text: for a host's proof only."""

    tenant: Tenant
    secret: str | None = field(repr=False)
    previous: str | None = field(default=None, repr=False)
    """The secret before, while it still verifies."""


class Lifecycle:
    """The transitions. Each is one transaction, and this process forgets the tenant right after it."""

    def __init__(
        self,
        *,
        changing: Changing,
        vault: Vault,
        directory: TenantDirectory,
        endings: Endings,
        hints: Hints,
    ) -> None:
        self._changing = changing
        self._db = changing.database
        self._inbox = changing.inbox
        self._vault = vault
        self._directory = directory
        self._endings = endings
        self._hints = hints

    async def known(self, host: str, client_key: str) -> Known | None:
        """Return an installation as it is in the database now, in whatever state, or None."""
        async with self._db.session() as session:
            found = await find(session, host, client_key)
        if found is None:
            return None
        row, owner = found
        in_grace = row.sealed_previous if time.time() < row.previous_until else None
        return Known(row.view(owner), self._open(row, row.sealed_secret), self._open(row, in_grace))

    async def apply(self, host: str, change: Change, *, proved: Tenant | None = None) -> None:
        """Write what a host found out. `TenantTaken` when it would take over a tenant of another origin.

        `proved` is the installation that the host spoke of; what was installed anew since then is left alone.
        """
        if isinstance(change, Installed):
            await self._install(host, change)
            return
        if isinstance(change, Doubted):
            # Anybody can say so: the answer comes before anything is looked up.
            self._hints.note(host, change.client_key)
            return
        if isinstance(change, Uninstalled) and change.event_at is not None:
            await self._end(host, change, change.event_at, proved)
            return
        tenant = proved or await self._tenant(host, change)
        if tenant is None:
            return
        match change:
            case Refreshed():
                await self._set(tenant, **columns_of(change))
            case Suspended():
                # The host's own word takes the place of a doubt.
                alive = InstallationRow.state != TenantState.UNINSTALLED
                await self._turn(tenant, change.event_at, alive, TenantState.SUSPENDED)
            case Resumed():
                paused = InstallationRow.state == TenantState.SUSPENDED
                await self._turn(tenant, change.event_at, paused, TenantState.INSTALLED)
            case Uninstalled():
                await self._endings.uninstall(tenant, linger=change.linger)
            case Joined():
                await self._join(tenant, change)

    async def enrol(self, host: str, change: Installed) -> None:
        """Store an installation that comes into being by a proof; one that is there already stays as it is.

        One that only refusals ended, or suspended, is served again: the proof shows that the host knows it.
        """
        try:
            tenant = await self._create(host, change)
        except IntegrityError:
            # Its requests came at once, and another of them was first; or it was there all along.
            known = await self.known(host, change.client_key)
            if known is not None:
                self._directory.drop(known.tenant)
                if known.tenant.can_be_restored:
                    await self._endings.restore(known.tenant.id, installation_id=known.tenant.installation_id)
            return
        self._changing.tell(tenant, "enrolled", generation=tenant.generation, origin=tenant.origin)

    async def _install(self, host: str, change: Installed) -> None:
        """Store a proven installation: renew the one from the same origin, else create it.

        Two installs of one tenant may race: the unique name decides, and the loser renews what the winner wrote.
        """
        if await self._has_ended_since(host, change):
            raise InstallRefused(
                "This install is older than the uninstall that came before it. Install the add-on again."
            )
        for last in (False, True):
            try:
                tenant = await self._renew(host, change) or await self._create(host, change)
            except IntegrityError:
                if last:
                    # The name is taken and could not be renewed: it belongs to another origin by now.
                    raise TenantTaken from None
            else:
                self._changing.tell(tenant, "installed", generation=tenant.generation, origin=tenant.origin)
                if await self._has_ended_since(host, change):
                    # The uninstall came while this was being stored, and may not have seen it.
                    await self._endings.uninstall(tenant)
                return

    async def _end(self, host: str, change: Uninstalled, event_at: float, proved: Tenant | None) -> None:
        """End what the host ended at a moment; what it installed after that moment stays."""
        # The tombstone first, then the look. An install is stored first and then looks for it: one sees the other.
        await set_tombstone(self._db, host, change.client_key, event_at)
        async with self._db.session() as session:
            found = await find(session, host, change.client_key)
        if found is None:
            return
        row, owner = found
        is_another = proved is None or proved.generation != row.generation
        if not (is_another and row.event_at is not None and row.event_at > event_at):
            await self._endings.uninstall(row.view(owner))

    async def _has_ended_since(self, host: str, change: Installed) -> bool:
        if change.event_at is None:
            return False
        async with self._db.session() as session:
            return await has_ended_since(session, host, change.client_key, change.event_at)

    async def _renew(self, host: str, change: Installed) -> Tenant | None:
        now = time.time()
        async with self._db.session() as session:
            found = await find(session, host, change.client_key, hold=True)
            if found is None:
                return None
            row, owner = found
            if row.origin != change.origin and not change.may_move:
                raise TenantTaken
            if change.unless is not None and change.unless(row.view(owner)):
                return row.view(owner)
            is_going_on = row.state != TenantState.UNINSTALLED
            row.sealed_previous, row.previous_until = (row.sealed_secret, now + GRACE) if is_going_on else (None, 0.0)
            row.sealed_secret = self._seal(change, row.id)
            for name, value in columns_of(change).items():
                setattr(row, name, value)
            row.state = owner.state = TenantState.INSTALLED
            row.generation += 1
            owner.installed_at = self._inbox.now()
            row.changed_at = owner.changed_at = now
            row.doubted_at = owner.uninstalled_at = None
            await session.flush()
            if is_going_on and change.names:
                await keep_tokens(session, row)
            # Renewed, it runs what was accepted before; an end in between was the end of that.
            ended = 0 if is_going_on else await end_waiting(session, row.id, now=self._inbox.now())
            tenant, touched = await settle(session, self._db, row, owner, change.names)
            await self._inbox.put(session, installed_entry(tenant))
        self._inbox.count_ended("its tenant was uninstalled", ended, tenant=tenant.id)
        await self._tell_moved(touched)
        return tenant

    async def _create(self, host: str, change: Installed) -> Tenant:
        now = time.time()
        owner = TenantRow(
            id=uuid.uuid4().hex,
            state=TenantState.INSTALLED,
            memo_json="{}",
            # What may yet be another's tenant has no slots of schedules until that is known.
            installed_at=self._inbox.now() + change.patience,
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
        owner_id = owner.id
        async with self._db.session() as session:
            session.add(owner)
            await session.flush()
            session.add(row)
            await session.flush()
            tenant, touched = await settle(session, self._db, row, owner, change.names)
            due_at = self._inbox.now() + change.patience if change.patience and tenant.id == owner_id else None
            await self._inbox.put(session, installed_entry(tenant, due_at=due_at))
        await self._tell_moved(touched)
        return tenant

    async def _join(self, tenant: Tenant, change: Joined) -> None:
        """Join the tenants of two installations; the other one may have gone meanwhile, or be of this tenant."""
        async with self._db.session() as session:
            mine = await find(session, tenant.host, change.client_key)
            other = await find(session, change.host, change.other_key)
            if mine is None or other is None or mine[1].id == other[1].id:
                return
            touched = await join(session, mine[1].id, other[1].id)
            if touched:
                await session.refresh(mine[0])
                touched += await end_others(session, mine[0])
        await self._tell_moved(touched)

    async def _tell_moved(self, touched: list[str]) -> None:
        """Have this process forget what moved or ended besides."""
        if not touched:
            return
        async with self._db.session() as session:
            rows = (await session.execute(INSTALLATIONS.where(InstallationRow.id.in_(touched)))).all()
        for row, owner in rows:
            self._changing.tell(row.view(owner), "joined", state=row.state)

    async def _tenant(self, host: str, change: Change) -> Tenant | None:
        known = await self.known(host, change.client_key)
        return known.tenant if known else None

    async def _turn(
        self, tenant: Tenant, event_at: float | None, before: ColumnElement[bool], after: TenantState
    ) -> None:
        """Change the state, unless something newer did so already; the moment is kept either way."""
        row = InstallationRow
        if event_at is None:
            await self._set(tenant, before, state=after, doubted_at=None)
            return
        await self._set(
            tenant,
            row.event_at.is_(None) | (row.event_at <= event_at),
            state=case((before, after), else_=row.state),
            doubted_at=case((before, None), else_=row.doubted_at),
            event_at=event_at,
        )

    async def _set(self, tenant: Tenant, *where: ColumnElement[bool], **values: Any) -> None:
        statement = update(InstallationRow).where(*is_still(tenant), *where).values(**values, changed_at=time.time())
        async with self._db.session() as session:
            await session.execute(statement)
            if "state" in values:
                state = await session.scalar(select(InstallationRow.state).where(*is_still(tenant)))
                if state == TenantState.INSTALLED:
                    await release_held(session, tenant.installation_id, now=self._inbox.now())
        self._changing.tell(tenant, "changed", columns=", ".join(sorted(values)))

    def _open(self, row: InstallationRow, sealed: bytes | None) -> str | None:
        return None if sealed is None else self._vault.open(sealed, owner=secret_owner(row.id))

    def _seal(self, change: Installed, installation_id: str) -> bytes | None:
        return None if change.secret is None else self._vault.seal(change.secret, owner=secret_owner(installation_id))

"""How tenants end: uninstalled, kept for some days where only refusals said so, then purged; or restored until then."""

import time
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Base
from app.connect.tenancy.changing import Changing, is_still
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.entries import goodbye_entry, waiting_end
from app.connect.tenancy.joining import free_names, hand_over
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant, TenantState
from app.connect.tenancy.traces import leave_traces
from app.connect.work.rows import InboxRow, Kind, Status
from app.connect.work.waiting import release_held

DAY = 24 * 3600.0
LONGEST_PURGE = 600.0
"""Seconds; a tenant may have millions of rows, and all go in one piece."""


class Endings:
    """The transitions at the end of a tenant's life; each is one transaction."""

    def __init__(
        self, changing: Changing, *, keep_days: int, speaks_for: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._changing = changing
        self._keep = keep_days * DAY
        self._speaks_for = speaks_for or {}
        """For each host the others whose handlers its installations run: they can take over from those."""

    async def uninstall(self, tenant: Tenant, *, linger: float = 0.0) -> None:
        """End an installation at once, because its host proved it or an operator said so; the purge follows."""
        ended = or_(InstallationRow.state != TenantState.UNINSTALLED, InstallationRow.doubted_at.is_not(None))
        if await self._end(tenant, ended, doubted_at=None, due_at=self._changing.inbox.now() + linger):
            self._changing.tell(tenant, "uninstalled")

    async def give_up(self, tenant: Tenant, since: float) -> None:
        """End an installation that its host has refused for long; it can be restored until the purge."""
        doubted = (InstallationRow.state == TenantState.SUSPENDED) & (InstallationRow.doubted_at == since)
        if await self._end(tenant, doubted, doubted_at=since, due_at=self._changing.inbox.now() + self._keep):
            self._changing.tell(tenant, "uninstalled: the host refused it to the last", kept_for_seconds=self._keep)

    async def restore(self, tenant_id: str, *, installation_id: str | None = None) -> list[Tenant]:
        """Install again what only refusals ended or suspended, or one of it; return it. Nothing of it was lost."""
        now = time.time()
        mine = InstallationRow.tenant_id == tenant_id
        if installation_id is not None:
            mine &= InstallationRow.id == installation_id
        doubted = (mine, InstallationRow.doubted_at.is_not(None), InstallationRow.state != TenantState.INSTALLED)
        async with self._changing.database.session() as session:
            back = await session.scalars(
                update(InstallationRow)
                .where(*doubted)
                .values(state=TenantState.INSTALLED, doubted_at=None, changed_at=now)
                .returning(InstallationRow.id)
            )
            ids = list(back)
            if not ids:
                return []
            await session.execute(
                update(TenantRow)
                .where(TenantRow.id == tenant_id)
                .values(state=TenantState.INSTALLED, changed_at=now, uninstalled_at=None)
            )
            await session.execute(delete(InboxRow).where(*waiting_end(tenant_id)))
            for restored_id in ids:
                await release_held(session, restored_id, now=self._changing.inbox.now())
            rows = await session.execute(INSTALLATIONS.where(InstallationRow.id.in_(ids)))
            restored = [row.view(owner) for row, owner in rows]
        for tenant in restored:
            self._changing.tell(tenant, "restored")
        return restored

    async def ways_in(self, tenant_id: str) -> list[Tenant]:
        """Return a tenant's installations as they are in the database now; none when there is no such tenant."""
        query = INSTALLATIONS.where(InstallationRow.tenant_id == tenant_id).order_by(InstallationRow.id)
        async with self._changing.database.session() as session:
            return [row.view(owner) for row, owner in await session.execute(query)]

    async def purge(self, tenant: Tenant) -> None:
        """Delete every row of an uninstalled tenant, in every table that has tenants' rows."""
        async with self._changing.database.session(limit=LONGEST_PURGE) as session:
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
            left = await session.scalar(
                select(func.count()).where(
                    InboxRow.tenant_id == tenant.id,
                    InboxRow.kind != Kind.LIFECYCLE,
                    InboxRow.status.in_((Status.NEW, Status.RUNNING, Status.DEAD)),
                )
            )
            await leave_traces(session, tenant.id)
            for table in reversed(Base.metadata.sorted_tables):
                if "tenant_id" in table.columns:
                    await session.execute(delete(table).where(table.columns["tenant_id"] == tenant.id))
            await session.execute(delete(TenantRow).where(TenantRow.id == tenant.id))
        self._changing.inbox.count_ended("its tenant was purged", left or 0, tenant=tenant.id)
        self._changing.tell(tenant, "purged")

    async def _end(
        self, tenant: Tenant, condition: ColumnElement[bool], *, doubted_at: float | None, due_at: float
    ) -> bool:
        now = time.time()
        async with self._changing.database.session() as session:
            changed = await session.execute(
                update(InstallationRow)
                .where(*is_still(tenant), condition)
                .values(state=TenantState.UNINSTALLED, doubted_at=doubted_at, changed_at=now)
            )
            if not changed.rowcount:  # type: ignore[attr-defined]
                return False
            if await _end_tenant(session, tenant, now):
                # Of two, the last word says when: a proof does not wait for the days that a refusal was given.
                await session.execute(delete(InboxRow).where(*waiting_end(tenant.id)))
                await self._changing.inbox.put(session, goodbye_entry(tenant, due_at=due_at))
                if doubted_at is None:
                    await free_names(session, tenant.id)
                    users = Base.metadata.tables["api_users"]
                    await session.execute(delete(users).where(users.columns["tenant_id"] == tenant.id))
            elif (heir := await self._heir(session, tenant)) is not None:
                await hand_over(session, tenant.installation_id, heir)
        return True

    async def _heir(self, session: AsyncSession, tenant: Tenant) -> InstallationRow | None:
        hosts = [host for host, others in self._speaks_for.items() if tenant.host in others]
        found: InstallationRow | None = await session.scalar(
            select(InstallationRow)
            .where(
                InstallationRow.tenant_id == tenant.id,
                InstallationRow.host.in_(hosts),
                InstallationRow.state == TenantState.INSTALLED,
            )
            .limit(1)
        )
        return found


async def _end_tenant(session: AsyncSession, tenant: Tenant, now: float) -> bool:
    """End the tenant itself with its last installation."""
    # Two installations that end at once wait for each other here, so that the later one sees the earlier gone.
    mine = TenantRow.id == tenant.id
    await session.execute(update(TenantRow).where(mine).values(changed_at=TenantRow.changed_at))
    alive = exists().where(InstallationRow.tenant_id == tenant.id, InstallationRow.state != TenantState.UNINSTALLED)
    ended = await session.execute(
        update(TenantRow).where(mine, ~alive).values(state=TenantState.UNINSTALLED, changed_at=now, uninstalled_at=now)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]

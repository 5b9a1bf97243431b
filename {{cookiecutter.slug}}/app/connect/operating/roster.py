"""Every installation there is, for operators: what state it is in, since when, and when its data goes."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ScalarSelect, select

from app.connect.database.engine import Database
from app.connect.errors import ConfigurationError
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.entries import UNINSTALLED
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant, TenantState
from app.connect.work.rows import InboxRow, Kind, Status

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One installation, and when its tenant's data goes (Unix seconds) where that is settled."""

    tenant: Tenant
    purge_at: float | None

    @property
    def said(self) -> str:
        """Say its state in words."""
        since = "" if self.tenant.doubted_at is None else f"refused by its host since {_moment(self.tenant.doubted_at)}"
        match self.tenant.state:
            case TenantState.SUSPENDED:
                return f"suspended: {since or 'its host paused it'}"
            case TenantState.UNINSTALLED:
                goes = "" if self.purge_at is None else f"its data goes at {_moment(max(self.purge_at, time.time()))}"
                return "uninstalled: " + ", ".join(filter(None, (since, goes)))
        return "installed"


async def list_installations(database: Database) -> AsyncIterator[Listed]:
    """Give every installation in chunks, each tenant's one after the other."""
    last = ("", "")
    while True:
        # The last chunk may have ended inside a tenant.
        query = (
            INSTALLATIONS.add_columns(_purge_at())
            .where(
                (InstallationRow.tenant_id > last[0])
                | ((InstallationRow.tenant_id == last[0]) & (InstallationRow.id > last[1]))
            )
            .order_by(InstallationRow.tenant_id, InstallationRow.id)
            .limit(CHUNK)
        )
        async with database.session() as session:
            rows = (await session.execute(query)).all()
        for row, owner, purge_at in rows:
            yield Listed(row.view(owner), purge_at)
        if len(rows) < CHUNK:
            return
        last = (rows[-1][0].tenant_id, rows[-1][0].id)


def _purge_at() -> ScalarSelect[float]:
    return (
        select(InboxRow.due_at)
        .where(
            InboxRow.tenant_id == TenantRow.id,
            InboxRow.kind == Kind.LIFECYCLE,
            InboxRow.name == UNINSTALLED,
            InboxRow.status == Status.NEW,
        )
        .limit(1)
        .scalar_subquery()
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


async def require_tenant(endings: Endings, tenant_id: str) -> list[Tenant]:
    """Return the ways in of a tenant, by which every host knows it; `ConfigurationError` when there is none."""
    tenants = await endings.ways_in(tenant_id)
    if not tenants:
        raise ConfigurationError(f"There is no tenant {tenant_id}. Run `addon tenant list` for their ids.")
    return tenants

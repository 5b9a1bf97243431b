"""Traces of purged installations: their rows are gone, and a process that could not look meanwhile must learn it.

What changed tells so by `changed_at`; of what was deleted nothing else is left.
"""

import hashlib
import time

from sqlalchemy import Float, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database
from app.connect.tenancy.tables import InstallationRow

KEPT = 24 * 3600.0
"""Seconds. Whoever could not look for longer forgets everybody, and asks anew."""


class PurgedRow(Base):
    """One installation that was purged."""

    __tablename__ = "purged_installations"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of its id: nothing that it had is kept."""
    purged_at: Mapped[float] = mapped_column(Float(53), index=True)


async def leave_traces(session: AsyncSession, tenant_id: str) -> None:
    """Write down that a tenant's installations go, in the transaction that deletes them."""
    ids = await session.scalars(select(InstallationRow.id).where(InstallationRow.tenant_id == tenant_id))
    session.add_all([PurgedRow(digest=trace_of(one), purged_at=time.time()) for one in ids])
    await session.flush()


async def purged_since(session: AsyncSession, moment: float) -> set[str]:
    """Return the traces of the installations that were purged after `moment`, in Unix seconds."""
    return set(await session.scalars(select(PurgedRow.digest).where(PurgedRow.purged_at > moment)))


async def erase_traces(database: Database) -> None:
    """Erase those that are old enough."""
    async with database.session() as session:
        await session.execute(delete(PurgedRow).where(PurgedRow.purged_at < time.time() - KEPT))


def trace_of(installation_id: str) -> str:
    """Name an installation in its trace."""
    return hashlib.sha256(installation_id.encode()).hexdigest()

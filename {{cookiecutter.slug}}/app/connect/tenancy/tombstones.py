"""Tombstones: when installations ended at their hosts, so that an install from before brings none of them back.

The rows of an installation are purged seconds after its end, and what was signed before may still come: late, or twice.
"""

import hashlib
import time

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Database
from app.connect.tenancy.tables import EndedRow

KEPT = 24 * 3600.0
"""Seconds; longer than the proof of an install may live at any host."""


async def set_tombstone(database: Database, host: str, client_key: str, event_at: float) -> None:
    """Write down that an installation ended at its host at `event_at`, in Unix seconds; the latest end stays."""
    insert = database.insert(EndedRow).values(digest=_digest(host, client_key), event_at=event_at)
    newer = insert.on_conflict_do_update(
        index_elements=["digest"],
        set_={"event_at": insert.excluded.event_at},
        where=EndedRow.event_at < insert.excluded.event_at,
    )
    async with database.session() as session:
        await session.execute(newer)


async def has_ended_since(session: AsyncSession, host: str, client_key: str, event_at: float) -> bool:
    """Tell whether an installation ended after `event_at`; what happened in the same moment counts as after the end."""
    ended_at = await session.scalar(select(EndedRow.event_at).where(EndedRow.digest == _digest(host, client_key)))
    return ended_at is not None and ended_at > event_at


async def erase_tombstones(database: Database) -> None:
    """Erase those that no proof is old enough for any more."""
    async with database.session() as session:
        await session.execute(delete(EndedRow).where(EndedRow.event_at < time.time() - KEPT))


def _digest(host: str, client_key: str) -> str:
    return hashlib.sha256(f"{host}\n{client_key}".encode()).hexdigest()

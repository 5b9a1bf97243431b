"""How much work there is and how long it has been waiting, for operators."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select

from app.connect.database.engine import Database
from app.connect.work.dead import IS_DEAD
from app.connect.work.rows import InboxRow, Status

MOST = 10_000
"""Entries that are counted; more are told as this many, so that the question costs the same after an outage."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Entries of the inbox by what becomes of them, and the seconds since the oldest that is ready was due."""

    ready: int
    waiting: int
    running: int
    dead: int
    oldest_ready: float


async def read_backlog(db: Database, *, now: float) -> Backlog:
    """Count every tenant's entries; `now` is in Unix seconds."""
    oldest = select(func.min(InboxRow.due_at)).where(InboxRow.lane.is_not(None)).scalar_subquery()
    query = select(
        _counted(InboxRow.lane.is_not(None)),
        _counted(InboxRow.status == Status.NEW, InboxRow.lane.is_(None)),
        _counted(InboxRow.lease_until.is_not(None)),
        _counted(IS_DEAD),
        oldest,
    )
    async with db.session() as session:
        ready, waiting, running, dead, due_at = (await session.execute(query)).one()
    return Backlog(ready, waiting, running, dead, 0.0 if due_at is None else max(0.0, now - due_at))


def _counted(*where: Any) -> ScalarSelect[int]:
    some = select(literal(1)).select_from(InboxRow).where(*where).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery()

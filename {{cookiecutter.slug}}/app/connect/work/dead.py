"""What failed for good, for operators: listed, run again, or given up."""

from collections.abc import AsyncIterator, Collection
from typing import Any

from sqlalchemy import select, update

from app.connect.database.engine import Database
from app.connect.work.claims import LANE, QUIET, STEP
from app.connect.work.rows import InboxRow, Status

IS_DEAD = InboxRow.status == Status.DEAD


class DeadEntries:
    """The dead entries of every tenant. `only` narrows each question: ids, a tenant, a handler's name."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, *only: Any) -> AsyncIterator[InboxRow]:
        """Give them, oldest first."""
        last = 0
        while True:
            query = select(InboxRow).where(IS_DEAD, InboxRow.id > last, *only).order_by(InboxRow.id).limit(STEP)
            async with self._db.session() as session:
                rows = (await session.scalars(query)).all()
            for row in rows:
                yield row
            if len(rows) < STEP:
                return
            last = rows[-1].id

    async def replay(self, *only: Any, now: float) -> list[int]:
        """Make them ready with all their time; return the ids of those that were dead."""
        return await self._change(
            only, status=Status.NEW, lane=LANE, attempts=0, crashes=0, since=now, due_at=now, last_error=None
        )

    async def discard(self, *only: Any, now: float) -> list[int]:
        """Give them up: they never run. Return the ids of those that were dead."""
        return await self._change(only, status=Status.DONE, body="", finished_at=now)

    async def _change(self, only: Collection[Any], **values: Any) -> list[int]:
        changed: list[int] = []
        while True:
            some = select(InboxRow.id).where(IS_DEAD, *only).order_by(InboxRow.id).limit(STEP)
            statement = update(InboxRow).where(IS_DEAD, InboxRow.id.in_(some)).values(**values).returning(InboxRow.id)
            async with self._db.session() as session:
                step = (await session.scalars(statement.execution_options(**QUIET))).all()
            changed += step
            if len(step) < STEP:
                return sorted(changed)

"""Housekeeping: what has run leaves the inbox, and is forgotten when its deliveries can come no more.

Everything is done in small steps with rests between: one long statement would lock senders out of SQLite.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, literal, select, tuple_

from app.connect.database.engine import Database
from app.connect.work.claims import QUIET
from app.connect.work.digests import DAY, HandledRow
from app.connect.work.rows import EventTwinRow, InboxRow, Status

KEEP_IDS = 7 * DAY
"""Seconds that a finished delivery's id is remembered, so that a late repeat does not run again."""
REMEMBER_AFTER = 600.0
LEAVE_AFTER = 900.0
"""Seconds until an entry that has run is remembered by its digest alone, and until its row goes. In between both are
there: whoever accepts a repeat meanwhile must not look into one before it is written and into the other after."""
STEP = 500
REST = 0.02
TABLE = HandledRow.metadata.tables[HandledRow.__tablename__]


class Housekeeper:
    """One round is `run`; `tidy` ends it. Several processes may keep house at once: they find done what others did."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Callable[[], float] = time.time,
        tidy: Callable[[], Awaitable[None]] | None = None,
        step: int = STEP,
    ) -> None:
        self._db = db
        self._now = clock
        self._tidy = tidy
        self._step = step
        self._reached = (0.0, 0)

    async def run(self) -> None:
        """Let leave what was remembered before this round, remember what is old enough, forget what is too old."""
        await self._repeat(self._leave)
        await self._repeat(self._remember)
        await self._repeat(self._forget)
        await self._repeat(self._forget_twins)
        if self._tidy is not None:
            await self._tidy()

    async def _repeat(self, step: Callable[[], Awaitable[int]]) -> None:
        while await step() == self._step:  # noqa: ASYNC110 - the rest is for others
            await asyncio.sleep(REST)

    async def _leave(self) -> int:
        # What is too old to be remembered may be known no more: the add-on was stopped for long.
        may_leave = InboxRow.digest.in_(select(HandledRow.digest)) | (InboxRow.finished_at < self._now() - KEEP_IDS)
        old = (InboxRow.finished_at < self._now() - LEAVE_AFTER, InboxRow.status == Status.DONE, may_leave)
        some = select(InboxRow.id).where(*old).order_by(InboxRow.finished_at).limit(self._step)
        return await self._execute(delete(InboxRow).where(InboxRow.id.in_(some)))

    async def _remember(self) -> int:
        place = (InboxRow.finished_at, InboxRow.id)
        old = (
            InboxRow.finished_at < self._now() - REMEMBER_AFTER,
            tuple_(*place) > tuple_(*map(literal, self._reached)),
        )
        query = select(*place, InboxRow.digest, InboxRow.status).where(*old).order_by(*place).limit(self._step)
        async with self._db.session() as session:
            rows = (await session.execute(query)).all()
            digests = [
                {"digest": row.digest, "day": int(row.finished_at // DAY)} for row in rows if row.status == Status.DONE
            ]
            if digests:
                await session.execute(self._db.insert_or_ignore(TABLE), digests)
        if rows:
            self._reached = (rows[-1].finished_at, rows[-1].id)
        return len(rows)

    async def _forget(self) -> int:
        old = HandledRow.day < int((self._now() - KEEP_IDS) // DAY)
        some = select(HandledRow.digest).where(old).limit(self._step)
        return await self._execute(delete(HandledRow).where(HandledRow.digest.in_(some)))

    async def _forget_twins(self) -> int:
        name = (EventTwinRow.tenant_id, EventTwinRow.name)
        some = select(*name).where(EventTwinRow.created_at < self._now() - KEEP_IDS).limit(self._step)
        return await self._execute(delete(EventTwinRow).where(tuple_(*name).in_(some)))

    async def _execute(self, statement: Any) -> int:
        async with self._db.session() as session:
            changed = await session.execute(statement.execution_options(**QUIET))
        return int(changed.rowcount)  # type: ignore[attr-defined]

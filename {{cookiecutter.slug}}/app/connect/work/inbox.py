"""The inbox: what was accepted is written here once and stays until it has run. It owns the bell that wakes workers."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import String, bindparam, cast, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.connect.database.engine import Database
from app.connect.work.claims import QUIET, SET_BACK, Claim, claim_of, end, held, overdue, put_off, take, take_back, wake
from app.connect.work.digests import HandledRow
from app.connect.work.picking import Picker, walk
from app.connect.work.rows import EventTwinRow, InboxRow, Status
from app.connect.work.shares import Shares
from app.connect.work.together import Together
from app.connect.work.turns import walk_ahead
from app.connect.work.waiting import HELD, same_key

log = logging.getLogger(__name__)

LEASE = 30.0
"""Seconds after which another process takes over what a killed one was running."""
TABLE = InboxRow.metadata.tables[InboxRow.__tablename__]
COLUMNS = [column for column in TABLE.columns if column.name != "id"]

# Written once: both are asked for with every event, or every few.
HANDLED = select(HandledRow.digest).where(HandledRow.digest.in_(bindparam("digests", expanding=True)))
FINISH = (
    update(TABLE)
    .where(
        TABLE.c.id.in_(bindparam("ids", expanding=True)),
        # Each by its own lease: one that was lost here may be held here again. The ids are what an index finds them by.
        (TABLE.c.lease_id + "/" + cast(TABLE.c.id, String)).in_(bindparam("leases", expanding=True)),
        TABLE.c.status == Status.RUNNING,
    )
    .values(status=Status.DONE, body="", finished_at=bindparam("now"), lease_id=None, lease_until=None)
    .returning(TABLE.c.id)
)


class Inbox:
    """Accept, claim, extend, finish, put off: each is one short transaction guarded by the lease."""

    def __init__(self, db: Database, *, lease: float = LEASE, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self.now = clock
        self.ended: Counter[str] = Counter()
        """How many entries ended in this process without their handler, by the reason."""
        self._lease = lease
        self._bell = asyncio.Event()
        self.picker = Picker(db, clock=clock, lease=lease, walk=walk if db.is_sqlite else walk_ahead)
        # Written once, as every accepted event asks for it. What is not in the inbox any more is remembered elsewhere,
        # and is there before it leaves, so that one of the two always knows.
        given = {column.name: bindparam(column.name, type_=column.type) for column in COLUMNS}
        fresh = select(*(cast(given[one.name], one.type) if one.nullable else given[one.name] for one in COLUMNS))
        self._accept = (
            db.insert_or_ignore(TABLE)
            .from_select(list(given), fresh.where(~exists().where(HandledRow.digest == given["digest"])))
            .returning(TABLE.c.id)
        )
        self._insert = db.insert_or_ignore(TABLE).returning(TABLE.c.id, TABLE.c.digest)
        self._arriving = Together(self._accept_some)
        self._ending = Together(self._finish_some)

    def ring(self) -> None:
        """Say that something may be due: whoever waits looks now."""
        self._bell.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until the bell rings, at most `seconds`; tell whether it did."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), seconds)
        has_rung = self._bell.is_set()
        self._bell.clear()
        return has_rung

    async def accept(self, row: InboxRow) -> int | None:
        """Write an entry and commit it; return its id, or None when its delivery id is known already."""
        found = await self._arriving.do(row)
        self.ring()
        return found

    async def _accept_some(self, rows: Sequence[InboxRow]) -> Sequence[int | None]:
        async with self._db.connection() as connection:
            if len(rows) == 1:
                return [await self.put(connection, rows[0])]
            # First what is remembered alone: it is written down there long before it leaves here.
            known = set(await connection.scalars(HANDLED, {"digests": [row.digest for row in rows]}))
            values = [_values(row) for row in rows if row.digest not in known]
            written = (await connection.execute(self._insert, values)).all() if values else ()
        # Of two with one digest the first was written.
        ids = {digest: row_id for row_id, digest in written}
        return [ids.pop(row.digest, None) for row in rows]

    async def accept_all(self, rows: Sequence[tuple[InboxRow, str | None]], *, door: str) -> bool:
        """Write entries and commit them together; False when what they belong to is not there any more.

        With each goes what names its event whatever way it comes; what came by another `door` before is left out.
        """
        try:
            async with self._db.connection() as connection:
                for row, twin in rows:
                    if twin is None or await self._is_news(connection, row.tenant_id, twin, door):
                        await self.put(connection, row)
        except IntegrityError:
            return False
        self.ring()
        return True

    async def _is_news(self, connection: AsyncConnection, tenant_id: str, twin: str, door: str) -> bool:
        values = {"tenant_id": tenant_id, "name": twin, "door": door, "created_at": self.now()}
        statement = self._db.insert_or_ignore(EventTwinRow).values(values).returning(EventTwinRow.name)
        if await connection.scalar(statement) is not None:
            return True
        known = select(EventTwinRow.door).where(EventTwinRow.tenant_id == tenant_id, EventTwinRow.name == twin)
        return await connection.scalar(known) == door

    async def accept_claimed(self, row: InboxRow) -> Claim | None:
        """Write an entry that this process runs at once, so that no worker comes first; None for a repeat."""
        row.status, row.lane, row.attempts = Status.RUNNING, None, 1
        row.lease_id, row.lease_until = uuid.uuid4().hex, self.now() + self._lease
        async with self._db.connection() as connection:
            found = await self.put(connection, row)
        return None if found is None else claim_of(row, found, row.lease_id)

    async def put(self, session: AsyncSession | AsyncConnection, row: InboxRow) -> int | None:
        """Write an entry in a transaction of the caller's unless its delivery id is known already."""
        found: int | None = (await session.execute(self._accept, _values(row))).scalar_one_or_none()
        return found

    async def put_many(self, session: AsyncSession, rows: Collection[InboxRow]) -> None:
        """Write entries in a transaction of the caller's, but for those that are in the inbox already."""
        values = [_values(row) for row in rows]
        await session.execute(self._db.insert_or_ignore(TABLE), values)

    async def wake(self, own: Collection[int] = ()) -> None:
        """Make ready what waited until now, and what a killed process was running; `own` are this process's."""
        now = self.now()
        async with self._db.session() as session:
            due, set_back, lost = (await session.execute(overdue(now))).one()
            if due:
                await session.execute(wake(InboxRow.due_at <= now, order=InboxRow.due_at))
            if set_back:
                await session.execute(wake(InboxRow.pushed_at > now + SET_BACK, order=InboxRow.pushed_at))
            if lost:
                # Whatever the clock says: these run here.
                await session.execute(take_back(InboxRow.lease_until < now, InboxRow.id.not_in(own)))

    async def has_ready(self) -> bool:
        """Tell whether anything is ready; much cheaper than a claim of nothing."""
        async with self._db.session() as session:
            return bool(await session.scalar(select(exists().where(InboxRow.lane.is_not(None)))))

    async def claim_due(self, limit: int, *, shares: Shares | None = None) -> list[Claim]:
        """Take up to `limit` ready entries, tenants in turn; `shares` counts them and says who may have how many."""
        if shares is None:
            await self.wake()
        return await self.picker.pick(limit, shares)

    async def claim(self, row_id: int) -> Claim | None:
        """Take one entry that is new; None when another worker was faster."""
        lease_id = uuid.uuid4().hex
        async with self._db.session() as session:
            statement = take(InboxRow.id == row_id, lease_id=lease_id, until=self.now() + self._lease)
            row = (await session.scalars(statement)).one_or_none()
        return None if row is None else claim_of(row, row.id, lease_id)

    async def is_replaced(self, claim: Claim) -> bool:
        """Tell whether a newer entry with the same name and key has taken this one's place.

        At its first run an entry gives way only to one that still waits: one that has run already may have been
        written later and committed earlier, and knows nothing of what was committed with this one.
        """
        if claim.key is None:
            return False
        newer = exists().where(same_key(claim.owner, claim.name, claim.key), InboxRow.id > claim.id)
        if claim.attempts == 1:
            newer = newer.where(InboxRow.status == Status.NEW)
        async with self._db.session() as session:
            return bool(await session.scalar(select(newer)))

    async def extend(self, claim: Claim) -> bool:
        """Hold on for another lease; False when the lease is lost."""
        return await self._execute(update(InboxRow).where(held(claim)).values(lease_until=self.now() + self._lease))

    @asynccontextmanager
    async def hold(self, claim: Claim) -> AsyncIterator[None]:
        """Hold on to an entry while its handler runs; give it back at once when that is cancelled."""
        # A timer, not yet a task: nearly all are through before the first beat.
        keeping: list[asyncio.Task[None]] = []
        beat = asyncio.get_running_loop().call_later(
            self._lease / 3, lambda: keeping.append(asyncio.create_task(self._keep(claim)))
        )
        try:
            yield
        except asyncio.CancelledError:
            await self.retry(claim, delay=0.0, error=None, counts=False)
            raise
        finally:
            beat.cancel()
            for task in keeping:
                task.cancel()

    async def finish(self, claim: Claim, session: AsyncSession) -> bool:
        """Mark the entry done inside the handler's own transaction, so that both or neither happen."""
        changed = await session.execute(end(claim, status=Status.DONE, body="", finished_at=self.now()))
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def settle(self, claim: Claim) -> bool:
        """Mark the entry done where there is nothing that must be kept together with that; False for a lost lease."""
        return await self._ending.do(claim)

    async def _finish_some(self, claims: Sequence[Claim]) -> Sequence[bool]:
        given = {
            "ids": [claim.id for claim in claims],
            "leases": [f"{claim.lease_id}/{claim.id}" for claim in claims],
            "now": self.now(),
        }
        async with self._db.connection() as connection:
            ended = set(await connection.scalars(FINISH, given))
        return [claim.id in ended for claim in claims]

    async def drop(self, claim: Claim, why: str) -> None:
        """End an entry whose handler never runs, and say so: `why` is what its tenant or another entry did."""
        if await self.settle(claim):
            self.count_ended(why, 1, tenant=claim.owner.tenant_id, entry=claim.id, handler=claim.name)

    def count_ended(self, why: str, count: int, **about: Any) -> None:
        """Count and log entries that ended without their handler."""
        if count:
            self.ended[why] += count
            log.warning(
                "accepted, and ended without its handler: %s",
                why,
                extra={**about, "count": count, "in_all": self.ended[why]},
            )

    async def retry(self, claim: Claim, *, delay: float, error: str | None, counts: bool = True) -> bool:
        """Give the entry back, due again after `delay` seconds; `counts=False` takes the attempt back."""
        now = self.now()
        values = put_off(now=now, until=now + delay, crashes=0)
        if error is not None:
            values["last_error"] = error[:500]
        if not counts:
            values["attempts"] = claim.attempts - 1
        return await self._execute(end(claim, **values))

    async def hold_back(self, claim: Claim, session: AsyncSession, *, delay: float) -> None:
        """Give the entry back until its tenant is served again, in a transaction of the caller's."""
        now = self.now()
        values = put_off(now=now, until=now + delay, attempts=claim.attempts - 1, crashes=0, last_error=HELD)
        await session.execute(end(claim, **values))

    async def bury(self, claim: Claim, error: str) -> bool:
        """Keep the entry, body and all, as dead: `addon inbox replay` runs it again."""
        return await self._execute(end(claim, status=Status.DEAD, last_error=error[:500]))

    async def _keep(self, claim: Claim) -> None:
        is_held = True
        while is_held:
            try:
                is_held = await self.extend(claim)
            except Exception:
                log.exception("The lease could not be extended; trying again.")
            await asyncio.sleep(self._lease / 3)

    async def _execute(self, statement: Any) -> bool:
        async with self._db.session() as session:
            changed = await session.execute(statement.execution_options(**QUIET))
        return bool(changed.rowcount)  # type: ignore[attr-defined]


def _values(row: InboxRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in COLUMNS}

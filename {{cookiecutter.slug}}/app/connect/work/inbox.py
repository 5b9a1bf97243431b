"""The inbox: what was accepted is written here once and stays until it has run. It owns the bell that wakes workers."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Database
from app.connect.work.rows import InboxRow, Kind, Owner, Status

log = logging.getLogger(__name__)

KEEP_IDS = 7 * 24 * 3600.0
"""Seconds that a finished delivery's id is remembered, so that a late repeat does not run again."""
LEASE = 30.0
"""Seconds after which another process takes over what a killed one was running."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one entry: whoever holds it may finish the entry, and only until the lease ends."""

    id: int
    lease_id: str
    owner: Owner
    kind: Kind
    name: str
    delivery_id: str
    key: str | None
    attempts: int
    body: str


class Inbox:
    """Accept, claim, extend, finish, fail: each is one short transaction guarded by the lease."""

    def __init__(self, db: Database, *, lease: float = LEASE, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self.now = clock
        self._lease = lease
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Say that something may be due: whoever waits looks now."""
        self._bell.set()

    async def wait(self, seconds: float) -> None:
        """Wait until the bell rings, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), seconds)
        self._bell.clear()

    async def accept(self, row: InboxRow) -> int | None:
        """Write an entry and commit it; return its id, or None when its delivery id is there already."""
        async with self._db.session() as session:
            found = await self.put(session, row)
        self.ring()
        return found

    async def accept_claimed(self, row: InboxRow) -> Claim | None:
        """Write an entry that this process runs at once, so that no worker comes first; None for a repeat."""
        lease_id = uuid.uuid4().hex
        held = {
            "status": Status.RUNNING,
            "attempts": 1,
            "lease_id": lease_id,
            "lease_until": self.now() + self._lease,
        }
        async with self._db.session() as session:
            found = await self.put(session, row, **held)
        return None if found is None else _claim_of(row, found, lease_id, attempts=1)

    async def put(self, session: AsyncSession, row: InboxRow, **given: Any) -> int | None:
        """Write an entry in a transaction of the caller's unless its delivery id is there already."""
        columns = {name: getattr(row, name) for name in InboxRow.__table__.columns.keys() if name != "id"}  # noqa: SIM118
        columns |= {"status": Status.NEW, "attempts": 0} | given
        statement = self._db.insert_or_ignore(InboxRow).values(columns).returning(InboxRow.id)
        found: int | None = (await session.execute(statement)).scalar_one_or_none()
        return found

    async def claim_due(self, limit: int) -> list[Claim]:
        """Take up to `limit` entries that are due or whose lease ran out (their process was killed)."""
        now = self.now()
        query = select(InboxRow.id).where(_claimable(now)).order_by(InboxRow.due_at).limit(limit)
        async with self._db.session() as session:
            ids = (await session.scalars(query)).all()
        return [claim for row_id in ids if (claim := await self.claim(row_id)) is not None]

    async def claim(self, row_id: int) -> Claim | None:
        """Take one entry; None when another worker was faster."""
        now = self.now()
        lease_id = uuid.uuid4().hex
        statement = (
            update(InboxRow)
            .where(InboxRow.id == row_id, _claimable(now))
            .values(
                status=Status.RUNNING,
                attempts=InboxRow.attempts + 1,
                lease_id=lease_id,
                lease_until=now + self._lease,
            )
            .returning(InboxRow)
            .execution_options(synchronize_session=False)
        )
        async with self._db.session() as session:
            row = (await session.scalars(statement)).one_or_none()
        if row is None:
            return None
        return _claim_of(row, row.id, lease_id, attempts=row.attempts)

    async def is_replaced(self, claim: Claim) -> bool:
        """Tell whether a newer entry with the same name and key has taken this one's place.

        At its first run an entry gives way only to one that still waits: one that has run already may have been
        written later and committed earlier, and knows nothing of what was committed with this one.
        """
        if claim.key is None:
            return False
        newer = exists().where(_same_key(claim.owner, claim.name, claim.key), InboxRow.id > claim.id)
        if claim.attempts == 1:
            newer = newer.where(InboxRow.status == Status.NEW)
        async with self._db.session() as session:
            return bool(await session.scalar(select(newer)))

    async def extend(self, claim: Claim) -> bool:
        """Hold on for another lease; False when the lease is lost."""
        return await self._change(claim, lease_until=self.now() + self._lease)

    @asynccontextmanager
    async def hold(self, claim: Claim) -> AsyncIterator[None]:
        """Hold on to an entry while its handler runs; give it back at once when that is cancelled."""
        beat = asyncio.create_task(self._keep(claim))
        try:
            yield
        except asyncio.CancelledError:
            await self.retry(claim, delay=0.0, error=None, counts=False)
            raise
        finally:
            beat.cancel()

    async def finish(self, claim: Claim, session: AsyncSession) -> bool:
        """Mark the entry done inside the handler's own transaction, so that both or neither happen."""
        changed = await session.execute(_finish(claim, now=self.now(), status=Status.DONE, body=""))
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def settle(self, claim: Claim) -> bool:
        """Mark the entry done without a handler's transaction."""
        async with self._db.session() as session:
            return await self.finish(claim, session)

    async def retry(self, claim: Claim, *, delay: float, error: str | None, counts: bool = True) -> bool:
        """Give the entry back, due again after `delay` seconds; `counts=False` takes the attempt back."""
        values = {"status": Status.NEW, "due_at": self.now() + delay, "lease_id": None, "lease_until": None}
        if error is not None:
            values["last_error"] = error[:500]
        if not counts:
            values["attempts"] = claim.attempts - 1
        return await self._change(claim, **values)

    async def bury(self, claim: Claim, error: str) -> bool:
        """Keep the entry, body and all, as dead: `addon replay` runs it again."""
        async with self._db.session() as session:
            changed = await session.execute(_finish(claim, now=self.now(), status=Status.DEAD, last_error=error[:500]))
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def dead(self) -> Sequence[InboxRow]:
        """List the dead entries of every tenant, oldest first."""
        async with self._db.session() as session:
            query = select(InboxRow).where(InboxRow.status == Status.DEAD).order_by(InboxRow.id)
            return (await session.scalars(query)).all()

    async def replay(self, row_id: int) -> bool:
        """Make a dead entry due now with all its attempts; False when it is not dead."""
        statement = (
            update(InboxRow)
            .where(InboxRow.id == row_id, InboxRow.status == Status.DEAD)
            .values(status=Status.NEW, attempts=0, due_at=self.now(), finished_at=None)
        )
        return await self._execute(statement) > 0

    async def discard(self, row_id: int) -> bool:
        """Give a dead entry up: it never runs. False when it is not dead."""
        statement = (
            update(InboxRow)
            .where(InboxRow.id == row_id, InboxRow.status == Status.DEAD)
            .values(status=Status.DONE, body="", finished_at=self.now())
        )
        return await self._execute(statement) > 0

    async def forget_old(self, *, keep: Collection[str] = ()) -> None:
        """Delete done entries whose delivery ids need not be remembered any longer, but for those to `keep`."""
        await self._execute(
            delete(InboxRow).where(
                InboxRow.status == Status.DONE,
                InboxRow.finished_at < self.now() - KEEP_IDS,
                InboxRow.delivery_id.not_in(keep),
            )
        )

    async def _keep(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            try:
                held = await self.extend(claim)
            except Exception:
                log.exception("The lease could not be extended; trying again.")
                continue
            if not held:
                return

    async def _change(self, claim: Claim, **values: Any) -> bool:
        return await self._execute(update(InboxRow).where(_held(claim)).values(**values)) > 0

    async def _execute(self, statement: Any) -> int:
        async with self._db.session() as session:
            changed = await session.execute(statement)
        return int(changed.rowcount)  # type: ignore[attr-defined]


async def cancel_waiting(session: AsyncSession, owner: Owner, *, name: str, key: str) -> bool:
    """Delete what waits under a key, in the caller's transaction; False when nothing did. What runs is not stopped."""
    waiting = _same_key(owner, name, key) & (InboxRow.status == Status.NEW)
    changed = await session.execute(delete(InboxRow).where(waiting).execution_options(synchronize_session=False))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _claim_of(row: InboxRow, row_id: int, lease_id: str, *, attempts: int) -> Claim:
    return Claim(
        id=row_id,
        lease_id=lease_id,
        owner=Owner(row.tenant_id, row.installation_id, row.generation),
        kind=Kind(row.kind),
        name=row.name,
        delivery_id=row.delivery_id,
        key=row.key,
        attempts=attempts,
        body=row.body,
    )


def _same_key(owner: Owner, name: str, key: str) -> Any:
    return and_(
        InboxRow.installation_id == owner.installation_id,
        InboxRow.generation == owner.generation,
        InboxRow.name == name,
        InboxRow.key == key,
    )


def _claimable(now: float) -> Any:
    return and_(
        InboxRow.due_at <= now,
        or_(
            InboxRow.status == Status.NEW,
            and_(InboxRow.status == Status.RUNNING, InboxRow.lease_until < now),
        ),
    )


def _held(claim: Claim) -> Any:
    return and_(InboxRow.id == claim.id, InboxRow.lease_id == claim.lease_id, InboxRow.status == Status.RUNNING)


def _finish(claim: Claim, *, now: float, **values: Any) -> Any:
    return (
        update(InboxRow)
        .where(_held(claim))
        .values(finished_at=now, lease_id=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )

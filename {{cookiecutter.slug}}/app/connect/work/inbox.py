"""The inbox: what was accepted is written here once, and stays until it has run."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database, TenantOwned

KEEP_IDS = 7 * 24 * 3600.0
"""Seconds that a finished delivery's id is remembered, so that a late repeat does not run again."""


class Kind(StrEnum):
    """Where an entry came from, and so which declaration runs it."""

    EVENT = "event"
    JOB = "job"
    SCHEDULE = "schedule"
    LIFECYCLE = "lifecycle"


class Status(StrEnum):
    """new -> running -> done; running -> new again after a failure or a lost lease; dead after the last attempt."""

    NEW = "new"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class InboxRow(TenantOwned, Base):
    """One accepted event or job. `body` is escaped JSON, so that any unicode text can be stored; gone when done."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("tenant_id", "generation", "delivery_id"),
        Index("ix_inbox_status_due_at", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    generation: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    delivery_id: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), default=Status.NEW)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[float] = mapped_column(Float(53))
    lease_id: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[float | None] = mapped_column(Float(53))
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[float] = mapped_column(Float(53))
    finished_at: Mapped[float | None] = mapped_column(Float(53))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a handler needs to run later: the event or payload, who caused it and where."""

    payload: Any
    user_id: str | None = None
    user_timezone: str | None = None
    room_id: str | None = None

    def dump(self) -> str:
        """Write it as escaped JSON, which any database can hold."""
        return json.dumps([self.payload, self.user_id, self.user_timezone, self.room_id], separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> "Envelope":
        """Read what `dump` wrote."""
        return cls(*json.loads(text))


def new_row(
    kind: Kind, name: str, envelope: Envelope, *, generation: int, delivery_id: str | None = None, delay: float = 0.0
) -> InboxRow:
    """Make an entry for `session.add`; without a delivery id it gets one of its own. `delay` is seconds."""
    now = time.time()
    return InboxRow(
        kind=kind,
        name=name,
        body=envelope.dump(),
        generation=generation,
        delivery_id=delivery_id or uuid.uuid4().hex,
        due_at=now + delay,
        created_at=now,
    )


async def accept(db: Database, session: AsyncSession, row: InboxRow) -> int | None:
    """Write an entry unless its delivery id is there already; return its id, or None for a repeat."""
    insert = sqlite.insert if db.is_sqlite else postgresql.insert
    columns = {name: getattr(row, name) for name in InboxRow.__table__.columns.keys() if name != "id"}  # noqa: SIM118
    columns |= {"status": Status.NEW, "attempts": 0}
    statement = insert(InboxRow).values(columns).on_conflict_do_nothing().returning(InboxRow.id)
    return (await session.execute(statement)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one entry: whoever holds it may finish the entry, and only until the lease ends."""

    id: int
    lease_id: str
    tenant_id: str
    generation: int
    kind: Kind
    name: str
    delivery_id: str
    attempts: int
    body: str


class Inbox:
    """Claim, extend, finish, fail: each is one short transaction guarded by the lease."""

    def __init__(self, db: Database, *, lease: float) -> None:
        self._db = db
        self._lease = lease

    async def claim_due(self, limit: int) -> list[Claim]:
        """Take up to `limit` entries that are due or whose lease ran out (their process was killed)."""
        now = time.time()
        query = select(InboxRow.id).where(_claimable(now)).order_by(InboxRow.due_at).limit(limit)
        async with self._db.session() as session:
            ids = (await session.scalars(query)).all()
        return [claim for row_id in ids if (claim := await self.claim(row_id)) is not None]

    async def claim(self, row_id: int) -> Claim | None:
        """Take one entry; None when another worker was faster."""
        now = time.time()
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
        return Claim(
            id=row.id,
            lease_id=lease_id,
            tenant_id=row.tenant_id,
            generation=row.generation,
            kind=Kind(row.kind),
            name=row.name,
            delivery_id=row.delivery_id,
            attempts=row.attempts,
            body=row.body,
        )

    async def extend(self, claim: Claim) -> bool:
        """Hold on for another lease; False when the lease is lost."""
        return await self._change(claim, lease_until=time.time() + self._lease)

    async def finish(self, claim: Claim, session: AsyncSession) -> bool:
        """Mark the entry done inside the handler's own transaction, so that both or neither happen."""
        changed = await session.execute(_finish(claim, status=Status.DONE, body=""))
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def settle(self, claim: Claim) -> bool:
        """Mark the entry done without a handler's transaction."""
        async with self._db.session() as session:
            return await self.finish(claim, session)

    async def retry(self, claim: Claim, *, delay: float, error: str | None, counts: bool = True) -> bool:
        """Give the entry back, due again after `delay` seconds; `counts=False` takes the attempt back."""
        values = {"status": Status.NEW, "due_at": time.time() + delay, "lease_id": None, "lease_until": None}
        if error is not None:
            values["last_error"] = error[:500]
        if not counts:
            values["attempts"] = claim.attempts - 1
        return await self._change(claim, **values)

    async def bury(self, claim: Claim, error: str) -> bool:
        """Keep the entry, body and all, as dead: `addon replay` runs it again."""
        async with self._db.session() as session:
            changed = await session.execute(_finish(claim, status=Status.DEAD, last_error=error[:500]))
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
            .values(status=Status.NEW, attempts=0, due_at=time.time(), finished_at=None)
        )
        async with self._db.session() as session:
            changed = await session.execute(statement)
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def forget_old(self) -> None:
        """Delete done entries whose delivery ids need not be remembered any longer."""
        statement = delete(InboxRow).where(
            InboxRow.status == Status.DONE, InboxRow.finished_at < time.time() - KEEP_IDS
        )
        async with self._db.session() as session:
            await session.execute(statement)

    async def _change(self, claim: Claim, **values: Any) -> bool:
        async with self._db.session() as session:
            changed = await session.execute(update(InboxRow).where(_held(claim)).values(**values))
        return bool(changed.rowcount)  # type: ignore[attr-defined]


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


def _finish(claim: Claim, **values: Any) -> Any:
    return (
        update(InboxRow)
        .where(_held(claim))
        .values(finished_at=time.time(), lease_id=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )

"""The inbox's table, and what is written into it: one row for everything that was accepted."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base
from app.connect.database.guard import TenantOwned
from app.connect.work.digests import LENGTH, digest_of


class Kind(StrEnum):
    """Where an entry came from, and so which declaration runs it."""

    EVENT = "event"
    JOB = "job"
    SCHEDULE = "schedule"
    LIFECYCLE = "lifecycle"
    ACCESS = "access"


class Status(StrEnum):
    """new -> running -> done; running -> new again after a failure or a lost lease; dead when it was given up."""

    NEW = "new"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


PROMPT, PATIENT = LANES = (0, 1)
"""The lanes of what is ready: what somebody may be waiting for, and what only a clock asked for."""


def lane_of(kind: Kind) -> int:
    """Say in which lane an entry waits for a worker."""
    return PATIENT if kind is Kind.SCHEDULE else PROMPT


def _index(name: str, *columns: str, where: str) -> Index:
    """Make an index of some of the rows alone, which does not grow with the others."""
    return Index(f"ix_inbox_{name}", *columns, sqlite_where=text(where), postgresql_where=text(where))


class InboxRow(TenantOwned, Base):
    """One accepted event or job. `body` is escaped JSON, so that any unicode text can be stored; gone when done.

    What is new is ready (in a lane) or waits for `due_at` (in none), so that a claim meets only what is ready.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        _index("ready", "lane", "origin", "tenant_id", "due_at", "id", where="lane IS NOT NULL"),
        _index("waiting", "due_at", where="status = 'new' AND lane IS NULL"),
        _index("pushed_at", "pushed_at", where="pushed_at IS NOT NULL"),
        _index("lease_until", "lease_until", where="lease_until IS NOT NULL"),
        _index("finished_at", "finished_at", where="finished_at IS NOT NULL"),
        Index("ix_inbox_installation_id_key", "installation_id", "key"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    installation_id: Mapped[str] = mapped_column(String(32), ForeignKey("installations.id", ondelete="CASCADE"))
    generation: Mapped[int] = mapped_column(BigInteger)
    """The installation's when it was accepted; it runs for the present one."""
    origin: Mapped[str] = mapped_column(String(255))
    """The address of its host's API then: what waits for one does not hold up what waits for another. Of sites behind
    one gateway each has its own."""
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[bytes] = mapped_column(LargeBinary(LENGTH), unique=True)
    """Of the delivery's id and its installation, of schedules its tenant: what comes twice is written once."""
    key: Mapped[str | None] = mapped_column(String(200))
    """Of the entries with one name and key only the newest runs, so that what waits can be replaced."""
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), default=Status.NEW)
    lane: Mapped[int | None] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    crashes: Mapped[int] = mapped_column(Integer, default=0)
    """How often in a row a process began it and was not heard of again."""
    since: Mapped[float] = mapped_column(Float(53))
    """From when its age counts, by which it is given up: first due, released or replayed (Unix seconds)."""
    due_at: Mapped[float] = mapped_column(Float(53))
    pushed_at: Mapped[float | None] = mapped_column(Float(53))
    """When it was put off; a clock that shows an earlier time was set back, and must not hold it up."""
    lease_id: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[float | None] = mapped_column(Float(53))
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[float] = mapped_column(Float(53))
    finished_at: Mapped[float | None] = mapped_column(Float(53))


class EventTwinRow(Base):
    """An event that was accepted, by what names it whatever way it came in, and the way: the others' are repeats."""

    __tablename__ = "event_twins"
    __table_args__ = (Index("ix_event_twins_created_at", "created_at"),)

    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    door: Mapped[str] = mapped_column(String(40))
    """The host that told of it first. What that one sends twice is known by its delivery ids."""
    created_at: Mapped[float] = mapped_column(Float(53))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a handler needs to run later: the event or payload, and its caller as JSON holds one."""

    payload: Any = None
    caller: Sequence[str | None] | None = None

    def dump(self) -> str:
        """Write it as escaped JSON, which any database can hold."""
        return json.dumps([self.payload, self.caller], separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> "Envelope":
        """Read what `dump` wrote."""
        return cls(*json.loads(text))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an entry is: the tenant, the installation it came by with its generation, and its host's API."""

    tenant_id: str
    installation_id: str
    generation: int
    origin: str


def new_row(
    kind: Kind,
    name: str,
    owner: Owner,
    *,
    envelope: Envelope | None = None,
    delivery_id: str | None = None,
    due_at: float | None = None,
    key: str | None = None,
) -> InboxRow:
    """Make an entry for `session.add`; without a delivery id it gets one of its own.

    `due_at` is Unix seconds; without it the entry is ready at once.
    """
    now = time.time()
    # A schedule runs once for a tenant, by whichever of its installations.
    whose = owner.tenant_id if kind is Kind.SCHEDULE else owner.installation_id
    due = now if due_at is None else due_at
    return InboxRow(
        tenant_id=owner.tenant_id,
        installation_id=owner.installation_id,
        generation=owner.generation,
        origin=owner.origin,
        kind=kind,
        name=name,
        body=(envelope or Envelope()).dump(),
        digest=digest_of(whose, delivery_id or uuid.uuid4().hex),
        key=key,
        status=Status.NEW,
        lane=lane_of(kind) if due_at is None else None,
        attempts=0,
        crashes=0,
        since=due,
        due_at=due,
        created_at=now,
    )

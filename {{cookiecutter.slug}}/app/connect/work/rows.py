"""The inbox's table, and what is written into it: one row for everything that was accepted."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, TenantOwned


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
        UniqueConstraint("installation_id", "generation", "delivery_id"),
        Index("ix_inbox_status_due_at", "status", "due_at"),
        Index("ix_inbox_installation_id_key", "installation_id", "key"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    installation_id: Mapped[str] = mapped_column(String(32), ForeignKey("installations.id", ondelete="CASCADE"))
    generation: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    delivery_id: Mapped[str] = mapped_column(String(200))
    key: Mapped[str | None] = mapped_column(String(200))
    """Of the entries with one name and key only the newest runs, so that what waits can be replaced."""
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
    """Whose an entry is: the tenant, the installation it came by, and the installation's generation."""

    tenant_id: str
    installation_id: str
    generation: int


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
    """Make an entry for `session.add`; without a delivery id it gets one of its own. `due_at` is Unix seconds."""
    now = time.time()
    return InboxRow(
        tenant_id=owner.tenant_id,
        installation_id=owner.installation_id,
        generation=owner.generation,
        kind=kind,
        name=name,
        body=(envelope or Envelope()).dump(),
        delivery_id=delivery_id or uuid.uuid4().hex,
        key=key,
        due_at=now if due_at is None else due_at,
        created_at=now,
    )

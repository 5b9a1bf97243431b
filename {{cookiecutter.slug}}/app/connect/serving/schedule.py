"""Schedules: once per tenant and slot, whatever restarts and however many processes run."""

import time
from typing import TYPE_CHECKING

from sqlalchemy import Float, Integer, String, exists, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from app.connect.declare.router import Schedule
from app.connect.tenancy.tables import TenantRow, TenantState
from app.connect.work.inbox import Envelope, InboxRow, Kind, Status

if TYPE_CHECKING:
    from app.connect.application import Connect


class Scheduler:
    """Writes the entries of a slot that began, for every tenant installed before it, in one statement."""

    def __init__(self, connect: "Connect") -> None:
        self._connect = connect
        self._planned: dict[str, int] = {}

    async def plan_due(self) -> None:
        """Write what the present slots ask for; slots this process has planned already cost nothing."""
        now = time.time()
        for schedule in self._connect.addon.schedules.values():
            slot = int(now // schedule.period)
            if self._planned.get(schedule.key) != slot:
                await self.plan(schedule, slot)
                self._planned[schedule.key] = slot

    async def plan(self, schedule: Schedule, slot: int) -> None:
        """Write one slot; the unique delivery id makes every repeat of this do nothing."""
        db = self._connect.db
        insert = sqlite.insert if db.is_sqlite else postgresql.insert
        delivery_id = f"every:{schedule.key}:{slot}"
        starts = float(slot * schedule.period)
        present = exists().where(
            InboxRow.tenant_id == TenantRow.id,
            InboxRow.generation == TenantRow.generation,
            InboxRow.delivery_id == delivery_id,
        )
        entries = select(
            TenantRow.id,
            TenantRow.generation,
            literal(Kind.SCHEDULE.value, String),
            literal(schedule.key, String),
            literal(delivery_id, String),
            literal(Envelope(None).dump(), String),
            literal(Status.NEW.value, String),
            literal(0, Integer),
            literal(starts, Float(53)),
            literal(time.time(), Float(53)),
        ).where(TenantRow.state == TenantState.INSTALLED, TenantRow.installed_at <= starts, ~present)
        columns = [
            "tenant_id",
            "generation",
            "kind",
            "name",
            "delivery_id",
            "body",
            "status",
            "attempts",
            "due_at",
            "created_at",
        ]
        statement = insert(InboxRow).from_select(columns, entries).on_conflict_do_nothing()
        async with db.session() as session:
            await session.execute(statement)

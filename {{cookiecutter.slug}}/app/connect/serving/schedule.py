"""Schedules: once per tenant and slot, whatever restarts and however many processes run."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Float, Integer, Select, String, exists, literal, select

from app.connect.database.engine import Database
from app.connect.declare.declarations import Schedule
from app.connect.serving.contexts import Contexts
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import NOBODY, Tenant, TenantState
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Envelope, InboxRow, Kind, Status, new_row

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
"""Seconds between two looks at the times of day that depend on a tenant's settings."""
CHUNK = 500
COLUMNS = [
    "tenant_id",
    "installation_id",
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

ReadSettings = Callable[[Tenant], Awaitable[Any]]


class Scheduler:
    """Writes the entries of a slot that began, for every tenant installed before it."""

    def __init__(
        self,
        *,
        schedules: list[Schedule],
        database: Database,
        inbox: Inbox,
        read_settings: ReadSettings,
        hosts: Collection[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._schedules = schedules
        self._hosts = tuple(hosts)
        self._db = database
        self._inbox = inbox
        self._read_settings = read_settings
        self._clock = clock
        self._planned: dict[str, str] = {}
        self._own: dict[tuple[str, str], str] = {}
        self._broken: set[tuple[str, str]] = set()
        self._looked_at = float("-inf")

    async def plan_due(self) -> None:
        """Write what the present slots ask for; slots this process has planned already cost nothing."""
        now = self._clock()
        for schedule in self._schedules:
            if schedule.period is not None:
                slot = int(now // schedule.period)
                await self._plan_once(schedule, str(slot), float(slot * schedule.period))
            elif schedule.daily is not None and not schedule.daily.asks_settings:
                moment = _latest(schedule, None, now)
                if moment is not None:
                    await self._plan_once(schedule, moment.date().isoformat(), moment.timestamp())
        if abs(now - self._looked_at) >= LOOK_EVERY:
            self._looked_at = now
            await self._plan_own(now)

    async def _plan_once(self, schedule: Schedule, slot: str, starts: float) -> None:
        if self._planned.get(schedule.key) != slot:
            await self.plan(schedule, slot, starts)
            self._planned[schedule.key] = slot

    def present_ids(self) -> set[str]:
        """Return the delivery ids of the slots that last: they must not be forgotten before their slot is over."""
        now = self._clock()
        return {_delivery_id(one, str(int(now // one.period))) for one in self._schedules if one.period is not None}

    def _served(self, schedule: Schedule) -> tuple[str, ...]:
        """Name the enabled hosts whose tenants a schedule runs for."""
        return self._hosts if schedule.host is None else (schedule.host,)

    async def plan(self, schedule: Schedule, slot: str, starts: float) -> None:
        """Write one slot for everybody; the unique delivery id makes every repeat of this do nothing."""
        delivery_id = _delivery_id(schedule, slot)
        statement = (
            self._db.insert(InboxRow)
            .from_select(COLUMNS, _entries(schedule.key, delivery_id, starts, self._clock(), self._served(schedule)))
            .on_conflict_do_nothing()
        )
        async with self._db.session() as session:
            await session.execute(statement)

    async def _plan_own(self, now: float) -> None:
        """Write what is due by the tenants' own settings, tenant by tenant."""
        own = [one for one in self._schedules if one.daily is not None and one.daily.asks_settings]
        if not own:
            return
        last = ""
        while True:
            query = INSTALLATIONS.where(
                InstallationRow.id > last,
                InstallationRow.state == TenantState.INSTALLED,
                InstallationRow.host.in_(self._hosts),
            ).order_by(InstallationRow.id)
            async with self._db.session() as session:
                rows = (await session.execute(query.limit(CHUNK))).all()
            for row, owner in rows:
                await self._plan_for(row.view(owner), owner.installed_at, own, now)
            if len(rows) < CHUNK:
                return
            last = rows[-1][0].id
            await asyncio.sleep(0)

    async def _plan_for(self, tenant: Tenant, installed_at: float, own: list[Schedule], now: float) -> None:
        try:
            settings = await self._read_settings(tenant)
        except Exception:
            # One tenant's trouble must not keep the worker from everybody's entries.
            log.exception("the settings of a tenant cannot be read; its times of day wait", extra={"tenant": tenant.id})
            return
        for schedule in own:
            if tenant.host not in self._served(schedule):
                continue
            moment = self._own_moment(schedule, tenant, settings, now)
            if moment is None or moment.timestamp() < installed_at:
                continue
            slot = moment.date().isoformat()
            if self._own.get((schedule.key, tenant.installation_id)) == slot:
                continue
            await self._inbox.accept(
                new_row(
                    Kind.SCHEDULE,
                    schedule.key,
                    owner_of(tenant),
                    delivery_id=_delivery_id(schedule, slot),
                    due_at=moment.timestamp(),
                )
            )
            self._own[schedule.key, tenant.installation_id] = slot

    def _own_moment(self, schedule: Schedule, tenant: Tenant, settings: Any, now: float) -> datetime | None:
        """Ask the author's functions; one that fails is said once and holds up nobody."""
        try:
            return _latest(schedule, settings, now)
        except Exception:
            if (schedule.key, tenant.id) not in self._broken:
                self._broken.add((schedule.key, tenant.id))
                log.exception(
                    "the time of @router.every(%r) cannot be read from the tenant's settings; mend its function",
                    schedule.key,
                    extra={"tenant": tenant.id},
                )
            return None


def settings_reader(contexts: Contexts, model: Any) -> ReadSettings:
    """Make what reads a tenant's settings for the scheduler; None where the add-on declares none."""

    async def read(tenant: Tenant) -> Any:
        if model is None:
            return None
        async with contexts.open(tenant, NOBODY) as context:
            return await context.settings(model)

    return read


def _latest(schedule: Schedule, settings: Any, now: float) -> datetime | None:
    return schedule.daily.latest(settings, now=datetime.fromtimestamp(now, UTC)) if schedule.daily else None


def _delivery_id(schedule: Schedule, slot: str) -> str:
    return f"every:{schedule.key}:{slot}"


def _entries(key: str, delivery_id: str, starts: float, now: float, hosts: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    present = exists().where(
        InboxRow.installation_id == InstallationRow.id,
        InboxRow.generation == InstallationRow.generation,
        InboxRow.delivery_id == delivery_id,
    )
    return (
        select(
            InstallationRow.tenant_id,
            InstallationRow.id,
            InstallationRow.generation,
            literal(Kind.SCHEDULE.value, String),
            literal(key, String),
            literal(delivery_id, String),
            literal(Envelope().dump(), String),
            literal(Status.NEW.value, String),
            literal(0, Integer),
            literal(starts, Float(53)),
            literal(now, Float(53)),
        )
        .join(TenantRow, TenantRow.id == InstallationRow.tenant_id)
        .where(
            InstallationRow.state == TenantState.INSTALLED,
            InstallationRow.host.in_(hosts),
            TenantRow.installed_at <= starts,
            ~present,
        )
    )

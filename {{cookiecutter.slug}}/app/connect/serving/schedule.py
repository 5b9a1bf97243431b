"""Schedules: once per tenant and slot, whatever restarts and however many processes run.

Many tenants do not come due in one moment: they are spread over the beginning of the slot, each at its own place there,
and nothing is written for one before that. A handful of tenants is due at once.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.connect.database.engine import Database
from app.connect.declare.addon import Addon
from app.connect.declare.declarations import Schedule
from app.connect.serving.contexts import Contexts
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import NOBODY, Tenant, TenantState
from app.connect.work.inbox import Inbox
from app.connect.work.rows import Kind, new_row
from app.connect.work.slots import END, PlannedRow, reached_by, slot_id

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
"""Seconds between two looks at the times of day that depend on a tenant's settings."""
CHUNK = 500
PER_SECOND = 20
"""Tenants of one schedule that come due in a second; what is spread is over when all of them have."""
LONGEST_SPREAD = 3600.0
"""Seconds for which a time of day may be late for the last of very many tenants."""

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
        hosts: Mapping[str, Collection[str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._schedules = schedules
        # Each host with those whose handlers it runs as well. Of a tenant's ways in the one that runs most comes first.
        self._hosts = dict(sorted(hosts.items(), key=lambda one: (-len(one[1]), one[0])))
        self._db = database
        self._inbox = inbox
        self._read_settings = read_settings
        self._clock = clock
        self._planned: dict[str, str] = {}
        self._spreads: dict[str, tuple[str, float]] = {}
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
        if self._planned.get(schedule.key) != slot and await self.plan(schedule, slot, starts):
            self._planned[schedule.key] = slot

    def _served(self, schedule: Schedule) -> tuple[str, ...]:
        """Name the enabled hosts whose tenants a schedule runs for."""
        return tuple(
            host for host, others in self._hosts.items() if schedule.host in (None, host) or schedule.host in others
        )

    async def plan(self, schedule: Schedule, slot: str, starts: float) -> bool:
        """Write what is due by now of a slot that began at `starts`; True once that is everybody's."""
        passed = self._clock() - starts
        if passed < 0:
            return False
        spread = await self._spread(schedule, slot)
        limit = reached_by(passed / spread) if spread else END
        while await self._plan_chunk(schedule, slot, starts, limit) == CHUNK:  # noqa: ASYNC110 - others go on
            await asyncio.sleep(0)
        return limit == END

    async def _plan_chunk(self, schedule: Schedule, slot: str, starts: float, limit: str) -> int:
        """Write the next entries up to a tenant, and how far that is; the unique digest makes a repeat do nothing."""
        delivery_id = slot_id(schedule.key, slot)
        async with self._db.session() as session:
            known = await session.get(PlannedRow, schedule.key)
            after = known.reached if known is not None and known.slot == slot else ""
            if after >= limit:
                return 0
            of = InstallationRow.tenant_id
            query = INSTALLATIONS.where(*self._due(schedule, starts), of > after, of < limit)
            found = await session.execute(query.order_by(of).limit(CHUNK))
            tenants = [row.view(owner) for row, owner in found]
            rows = [
                new_row(Kind.SCHEDULE, schedule.key, owner_of(tenant), delivery_id=delivery_id) for tenant in tenants
            ]
            if rows:
                await self._inbox.put_many(session, rows)
            reached = tenants[-1].id if len(tenants) == CHUNK else limit
            mark = {"slot": slot, "reached": reached}
            statement = self._db.insert(PlannedRow).values(schedule=schedule.key, **mark)
            await session.execute(statement.on_conflict_do_update(index_elements=["schedule"], set_=mark))
        self._inbox.ring()
        return len(tenants)

    async def _spread(self, schedule: Schedule, slot: str) -> float:
        """Return over how many seconds the tenants come due: no longer than they need to run one after the other."""
        known = self._spreads.get(schedule.key)
        if known is None or known[0] != slot:
            query = select(func.count(InstallationRow.tenant_id.distinct())).where(*self._installed(schedule))
            async with self._db.session() as session:
                count = await session.scalar(query) or 0
            spread = float(min(count // PER_SECOND, schedule.period or LONGEST_SPREAD))
            known = self._spreads[schedule.key] = (slot, spread)
        return known[1]

    def _installed(self, schedule: Schedule) -> tuple[Any, ...]:
        return InstallationRow.state == TenantState.INSTALLED, _of_hosts(self._served(schedule))

    def _due(self, schedule: Schedule, starts: float) -> tuple[Any, ...]:
        return *self._installed(schedule), TenantRow.installed_at <= starts, _comes_first(self._served(schedule))

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
                _of_hosts(self._hosts),
                _comes_first(tuple(self._hosts)),
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
            if self._own.get((schedule.key, tenant.id)) == slot:
                continue
            await self._inbox.accept(
                new_row(
                    Kind.SCHEDULE,
                    schedule.key,
                    owner_of(tenant),
                    delivery_id=slot_id(schedule.key, slot),
                    due_at=moment.timestamp(),
                )
            )
            self._own[schedule.key, tenant.id] = slot

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


def settings_reader(contexts: Contexts, addon: Addon) -> ReadSettings:
    """Make what reads a tenant's settings for the scheduler; None where the add-on declares none."""

    async def read(tenant: Tenant) -> Any:
        async with contexts.open(tenant, NOBODY) as context:
            declared = addon.settings_of(*context.hosts)
            return None if declared is None else await context.settings(declared.model)

    return read


def _latest(schedule: Schedule, settings: Any, now: float) -> datetime | None:
    return schedule.daily.latest(settings, now=datetime.fromtimestamp(now, UTC)) if schedule.daily else None


def _of_hosts(hosts: Collection[str]) -> ColumnElement[bool]:
    """Find installations of hosts, but never by the index of hosts, which holds every tenant of one.

    SQLite does not know how many those are, and read a million of them to find the next few.
    """
    return (InstallationRow.host + "").in_(hosts)


def _comes_first(hosts: tuple[str, ...]) -> ColumnElement[bool]:
    """Find one installation of each tenant, however many it has: that of the host that is named first."""
    other = aliased(InstallationRow)
    places = {host: number for number, host in enumerate(hosts)}
    mine, others = case(places, value=InstallationRow.host), case(places, value=other.host)
    return ~exists().where(
        other.tenant_id == InstallationRow.tenant_id,
        other.state == TenantState.INSTALLED,
        other.host.in_(hosts),
        or_(others < mine, and_(others == mine, other.id < InstallationRow.id)),
    )

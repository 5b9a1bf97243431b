"""Schedules of many tenants are spread over their slot: each has its own moment there, and no row before it."""

import time

import pytest
from sqlalchemy import func, select

from app.connect.declare.declarations import Schedule
from app.connect.serving.schedule import PER_SECOND, Scheduler, settings_reader
from app.connect.work.rows import InboxRow, Kind
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.work.crowd import add_tenants
from tests.support.running import Clock

pytestmark = pytest.mark.both_databases

HOUR = 3600
TENANTS = 40 * PER_SECOND


async def call(_: object) -> None:
    """Do nothing."""


def scheduler_of(process: ProbedAddon, clock: Clock) -> Scheduler:
    """Make one with an hourly schedule, as after a start of the process."""
    parts = process.parts
    return Scheduler(
        schedules=[Schedule(host=None, key="hourly", call=call, period=HOUR, daily=None)],
        database=parts.database,
        inbox=parts.inbox,
        read_settings=settings_reader(parts.contexts, parts.addon),
        hosts={name: host.speaks_for for name, host in parts.hosts.items()},
        clock=clock,
    )


def beginning_of_an_hour() -> Clock:
    """Return a clock that shows the beginning of the next one."""
    return Clock(ahead=HOUR - time.time() % HOUR)


async def written(process: ProbedAddon) -> list[str]:
    """Return the installations that have an entry."""
    async with process.parts.database.session() as session:
        query = select(InboxRow.installation_id).where(InboxRow.kind == Kind.SCHEDULE, InboxRow.name == "hourly")
        return list(await session.scalars(query))


class TestSpreading:
    async def test_writes_nothing_for_a_tenant_before_its_moment(self, probed: ProbedAddon) -> None:
        await add_tenants(probed, TENANTS)
        clock = beginning_of_an_hour()
        scheduler = scheduler_of(probed, clock)
        counts = []
        for _ in range(5):
            await scheduler.plan_due()
            counts.append(len(await written(probed)))
            clock.ahead += 10
        assert counts[0] < TENANTS / 20
        for quarter, count in enumerate(counts):
            assert abs(count - quarter * TENANTS / 4) < TENANTS / 10
        assert sorted(await written(probed)) == sorted(set(await written(probed)))

    async def test_gives_a_tenant_the_same_moment_in_each_slot_and_process(
        self, probed: ProbedAddon, start: Start
    ) -> None:
        await add_tenants(probed, TENANTS)
        clock = beginning_of_an_hour()
        clock.ahead += 15
        await scheduler_of(probed, clock).plan_due()
        first = await written(probed)
        clock.ahead += HOUR
        await scheduler_of(start(), clock).plan_due()
        both = await written(probed)
        assert TENANTS / 5 < len(first) < TENANTS
        # The clock of a test goes on by itself; a few more may have come due.
        later = both[len(first) :]
        assert set(first) <= set(later)
        assert len(later) - len(first) < TENANTS / 20

    async def test_goes_on_where_it_was_after_a_restart(self, probed: ProbedAddon, start: Start) -> None:
        await add_tenants(probed, TENANTS)
        clock = beginning_of_an_hour()
        clock.ahead += 10
        await scheduler_of(probed, clock).plan_due()
        clock.ahead += 60
        await scheduler_of(start(), clock).plan_due()
        everybody = await written(probed)
        assert (len(everybody), len(set(everybody))) == (TENANTS, TENANTS)

    async def test_is_not_done_to_a_handful(self, probed: ProbedAddon) -> None:
        await add_tenants(probed, PER_SECOND - 1)
        await scheduler_of(probed, beginning_of_an_hour()).plan_due()
        assert len(await written(probed)) == PER_SECOND - 1

    async def test_leaves_the_inbox_empty_of_what_is_to_come(self, probed: ProbedAddon) -> None:
        await add_tenants(probed, TENANTS)
        scheduler = scheduler_of(probed, clock := beginning_of_an_hour())
        clock.ahead += 20
        await scheduler.plan_due()
        async with probed.parts.database.session() as session:
            waiting = await session.scalar(
                select(func.count()).where(InboxRow.name == "hourly", InboxRow.lane.is_(None))
            )
        assert waiting == 0

"""Schedules: once per tenant and slot, however many processes plan it and however often they start."""

import asyncio
import time
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from app.connect.declare.declarations import Schedule
from app.connect.serving.schedule import Scheduler, settings_reader
from app.connect.tenancy.tables import TenantRow
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Status
from app.connect.work.slots import PlannedRow
from devhost.world.installations import Installation
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import installed

pytestmark = pytest.mark.both_databases

TICK = "probe-tick"


@pytest.fixture
async def old(probed: ProbedAddon) -> Installation:
    """Install a tenant before the probe's one slot began, which is 1970."""
    installation = await probed.install()
    await installed_before_the_slot(probed)
    return installation


async def installed_before_the_slot(process: ProbedAddon) -> None:
    """Make everybody's installation older than the slot, of which nothing is planned yet."""
    await process.change(update(TenantRow).values(installed_at=-1.0))
    await process.change(delete(PlannedRow))


def schedule_of(process: ProbedAddon) -> Schedule:
    return process.parts.addon.schedules[TICK]


def scheduler_of(process: ProbedAddon) -> Scheduler:
    """Make a scheduler that has planned nothing yet, as after a start of the process."""
    parts = process.parts
    return Scheduler(
        schedules=[schedule_of(process)],
        database=parts.database,
        inbox=parts.inbox,
        read_settings=settings_reader(parts.contexts, parts.addon),
        hosts={name: host.speaks_for for name, host in parts.hosts.items()},
        clock=process.clock,
    )


def length_of(schedule: Schedule) -> float:
    assert schedule.period is not None
    return float(schedule.period)


class TestSlot:
    async def test_runs_once(self, probed: ProbedAddon, old: Installation) -> None:
        scheduler = scheduler_of(probed)
        for _ in range(3):
            await scheduler.plan_due()
            await probed.settle()
        assert probed.probe.names == ["installed", "tick"]

    async def test_runs_once_although_the_process_starts_again(
        self, probed: ProbedAddon, old: Installation, start: Start
    ) -> None:
        first, second = start(), start()
        await first.settle()
        await second.settle()
        assert (first.probe.names, second.probe.names) == (["tick"], [])

    async def test_runs_once_although_two_processes_plan_it_at_once(
        self, probed: ProbedAddon, old: Installation, start: Start
    ) -> None:
        other = start()
        await asyncio.gather(*(scheduler_of(process).plan_due() for process in (probed, other) * 4))
        await asyncio.gather(probed.settle(), other.settle())
        assert (probed.probe.names + other.probe.names).count("tick") == 1
        assert len(await probed.entries(TICK)) == 1

    async def test_runs_for_every_tenant(self, probed: ProbedAddon) -> None:
        found = [await probed.tenant(await probed.install(room_id=place)) for place in (1, 2, None)]
        await installed_before_the_slot(probed)
        await scheduler_of(probed).plan_due()
        await probed.settle()
        ticks = sorted(run.tenant_id for run in probed.probe.runs if run.handler == "tick")
        assert ticks == sorted(tenant.id for tenant in found)

    async def test_that_comes_next_runs_again(self, probed: ProbedAddon, old: Installation) -> None:
        await scheduler_of(probed).plan_due()
        await probed.settle()
        await probed.pass_time(seconds=length_of(schedule_of(probed)) - time.time() + 1)
        assert probed.probe.names.count("tick") == 2

    async def test_that_has_not_begun_does_not_run(self, probed: ProbedAddon, old: Installation) -> None:
        schedule = schedule_of(probed)
        assert not await scheduler_of(probed).plan(schedule, "1", length_of(schedule))
        assert await probed.entries(TICK) == []

    async def test_that_began_before_the_installation_does_not_run(self, probed: ProbedAddon) -> None:
        await probed.install()
        await scheduler_of(probed).plan_due()
        await probed.settle()
        assert await probed.entries(TICK) == []
        assert "tick" not in probed.probe.names

    @pytest.mark.parametrize(("begins", "planned"), [(60.0, 0), (180.0, 1)])
    async def test_does_not_run_while_a_tenant_may_yet_be_joined(
        self, probed: ProbedAddon, begins: float, planned: int
    ) -> None:
        await probed.parts.lifecycle.enrol("hipchat", replace(installed(), patience=120.0))
        await probed.pass_time(seconds=begins)
        await scheduler_of(probed).plan(schedule_of(probed), "1", probed.clock())
        assert len(await probed.entries(TICK)) == planned

    @pytest.mark.parametrize("state", [TenantState.UNINSTALLED, TenantState.SUSPENDED])
    async def test_does_not_run_for_a_tenant_that_is_not_installed(
        self, probed: ProbedAddon, old: Installation, state: TenantState
    ) -> None:
        await probed.set_state(old, state)
        await scheduler_of(probed).plan_due()
        await probed.settle()
        assert await probed.entries(TICK) == []

    async def test_does_not_run_for_a_tenant_that_left_after_it_was_planned(
        self, probed: ProbedAddon, old: Installation
    ) -> None:
        await scheduler_of(probed).plan_due()
        await probed.set_state(old, TenantState.UNINSTALLED)
        await probed.settle()
        [entry] = await probed.entries(TICK)
        assert entry.status == Status.DONE
        assert "tick" not in probed.probe.names

    async def test_that_failed_is_tried_again(self, probed: ProbedAddon, old: Installation) -> None:
        async def fail(_: object) -> None:
            raise RuntimeError("not now")

        probed.probe.acts["tick"] = fail
        await scheduler_of(probed).plan_due()
        await probed.settle()
        del probed.probe.acts["tick"]
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.names.count("tick") == 2
        [entry] = await probed.entries(TICK)
        assert entry.status == Status.DONE

    async def test_begins_by_the_clock_of_the_test_kit(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.settle()
        assert "tick" not in probed.probe.names
        await probed.pass_time(hours=1_000_000)
        assert probed.probe.names.count("tick") == 1
        await probed.pass_time(hours=1_000_000)
        assert probed.probe.names.count("tick") == 2

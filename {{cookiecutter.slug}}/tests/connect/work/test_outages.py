"""A host that is away costs nothing for good: time decides, not the number of tries; limits use none of it."""

import time

import pytest

from app.connect import Context, HostError
from app.connect.hosts.hipchat.client.errors import HostUnavailable, RateLimited
from app.connect.tenancy.entries import owner_of
from app.connect.work.pauses import LONGEST_PAUSE, TRIPS_AFTER
from app.connect.work.rows import Envelope, Kind, Status, new_row
from app.connect.work.shares import PLACES
from tests.connect.probe import Act, ProbedAddon
from tests.connect.work.acts import fail, grow_old, raising
from tests.connect.work.crowd import add_entries, add_tenants, move_to

DOWN = "https://down.example.com"


class Limited(RateLimited):
    """What a host answers whose limit is used up."""


def away_until(process: ProbedAddon, moment: float) -> Act:
    """Make an act that needs the host, which is back at a moment."""

    async def act(_: Context) -> None:
        if process.clock() < moment:
            raise HostUnavailable

    return act


def lines_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname in {"WARNING", "ERROR"}]


class TestOutage:
    async def test_of_five_minutes_loses_nothing_and_is_over_soon(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        probed.probe.acts["job"] = away_until(probed, probed.clock() + 300)
        await add_entries(probed, [owner_of(tenant)], 40)
        for _ in range(35):
            await probed.pass_time(seconds=10)
        assert {entry.status for entry in await probed.entries("probe-job")} != {Status.DEAD}
        for _ in range(12):
            await probed.pass_time(seconds=10)
        assert {entry.status for entry in await probed.entries("probe-job")} == {Status.DONE}

    async def test_puts_off_what_would_meet_it_too(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await move_to(probed, installation, DOWN)
        probed.probe.acts["job"] = raising(HostUnavailable())
        await add_entries(probed, [owner_of(await probed.tenant(installation))], 200)
        await probed.settle()
        assert TRIPS_AFTER <= probed.probe.names.count("job") <= PLACES
        waiting = await probed.entries("probe-job")
        assert {entry.status for entry in waiting} == {Status.NEW}
        assert max(entry.due_at for entry in waiting) <= probed.clock() + LONGEST_PAUSE
        # One at a time finds out whether the host is back.
        ran = probed.probe.names.count("job")
        await probed.pass_time(seconds=LONGEST_PAUSE)
        assert probed.probe.names.count("job") == ran + 1

    async def test_of_one_host_does_not_put_off_what_waits_for_another(self, probed: ProbedAddon) -> None:
        async def fail_there(ctx: Context) -> None:
            if ctx.tenant.origin == DOWN:
                raise HostUnavailable

        installation = await probed.install()
        await move_to(probed, installation, DOWN)
        probed.probe.acts["job"] = fail_there
        await add_entries(probed, [owner_of(await probed.tenant(installation))], 50)
        [other] = await add_tenants(probed, 1)
        await add_entries(probed, [other], 5)
        await probed.settle()
        done = [entry for entry in await probed.entries("probe-job") if entry.status == Status.DONE]
        assert [entry.tenant_id for entry in done] == [other.tenant_id] * 5

    async def test_is_one_line_a_minute_and_no_traceback(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        tenant = await probed.tenant(await probed.install())
        probed.probe.acts["job"] = raising(HostUnavailable())
        await add_entries(probed, [owner_of(tenant)], 100)
        for _ in range(12):
            await probed.pass_time(seconds=10)
        said = [one for one in caplog.records if one.getMessage().startswith("a host does not take calls now")]
        assert 2 <= len(said) <= 3
        assert {vars(one)["origin"] for one in said} == {owner_of(tenant).origin}
        assert vars(said[1])["count"] > 1
        assert [one.exc_info for one in caplog.records if one.exc_info] == []

    async def test_longer_than_the_limit_ends_dead(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(HostUnavailable())
        await probed.say()
        await grow_old(probed)
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DEAD

    async def test_of_the_add_on_itself_gives_up_nothing_that_was_not_tried(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        await probed.pass_time(hours=72)
        assert probed.probe.names[-1] == "message"
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DONE

    async def test_counts_from_when_a_delayed_job_was_due(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        row = new_row(
            Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope("late"), due_at=probed.clock() + 72 * 3600
        )
        await probed.parts.inbox.accept(row)
        probed.probe.acts["job"] = fail
        await probed.pass_time(hours=72, seconds=1)
        [entry] = await probed.entries("probe-job")
        assert (entry.status, entry.attempts) == (Status.NEW, 1)


class TestLimit:
    @pytest.fixture
    def error(self, probed: ProbedAddon) -> HostError:
        return Limited(time.time() + 200)

    async def test_waits_for_the_hosts_reset_and_uses_no_attempt(self, probed: ProbedAddon, error: HostError) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(error)
        await probed.say()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 0)
        assert error.reset is not None
        assert error.reset <= entry.due_at <= error.reset + 1
        del probed.probe.acts["message"]
        await probed.pass_time(seconds=202)
        assert probed.probe.texts == ["/probe", "/probe"]

    async def test_lets_the_tenants_others_wait_and_nobody_elses(self, probed: ProbedAddon, error: HostError) -> None:
        limited = await probed.tenant(await probed.install())

        async def be_limited(ctx: Context) -> None:
            if ctx.tenant.id == limited.id:
                raise error

        probed.probe.acts["job"] = be_limited
        await add_entries(probed, [owner_of(limited)], 100)
        [other] = await add_tenants(probed, 1, origin=limited.origin)
        await add_entries(probed, [other], 5)
        await probed.settle()
        runs = [run.tenant_id for run in probed.probe.runs if run.handler == "job"]
        assert runs.count(other.tenant_id) == 5
        assert runs.count(limited.id) <= PLACES
        assert {entry.attempts for entry in await probed.entries("probe-job") if entry.tenant_id == limited.id} == {0}

    async def test_that_lasts_for_days_does_not_bury(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = raising(Limited(time.time() + 80 * 3600))
        await probed.say()
        for _ in range(4):
            await probed.pass_time(hours=13)
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 0)

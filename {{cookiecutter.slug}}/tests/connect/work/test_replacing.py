"""Which of two entries with one key runs: the newer, unless it ran before the older could."""

from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Envelope, Kind, Status, new_row
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import fail

KEY = "one"


async def accept(process: ProbedAddon, payload: str, *, due_at: float = 0.0) -> None:
    """Write a job under the one key, beside what is there: as a transaction does that cannot see the others."""
    tenant = await process.tenant(process.devhost.host.installations()[0])
    row = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope(payload), due_at=due_at, key=KEY)
    await process.parts.inbox.accept(row)


class TestFirstRun:
    async def test_does_not_give_way_to_a_newer_one_that_is_done(self, probed: ProbedAddon) -> None:
        await probed.install()
        await accept(probed, "written first, committed last", due_at=4e9)
        await accept(probed, "written last, committed first")
        await probed.settle()
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.texts == ["written last, committed first", "written first, committed last"]

    async def test_gives_way_to_a_newer_one_that_waits(self, probed: ProbedAddon) -> None:
        await probed.install()
        await accept(probed, "older")
        await accept(probed, "newer", due_at=4e9)
        await probed.settle()
        assert probed.probe.texts == []
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.texts == ["newer"]
        assert {entry.status for entry in await probed.entries("probe-job")} == {Status.DONE}


class TestAnotherTry:
    async def test_gives_way_to_a_newer_one_that_is_done(self, probed: ProbedAddon) -> None:
        await probed.install()
        await accept(probed, "older")
        probed.probe.acts["job"] = fail
        await probed.settle()
        del probed.probe.acts["job"]
        await accept(probed, "newer")
        await probed.settle()
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.texts == ["older", "newer"]

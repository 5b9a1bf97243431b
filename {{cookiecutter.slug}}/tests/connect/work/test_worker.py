"""The local engine: claims by leases, shares with others, and stops without losing anything."""

import asyncio

from app.connect import Context
from app.connect.serving.retries import CRASHES
from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Envelope, Kind, Status, new_row
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import leave_row, rows_written


class TestLease:
    async def test_that_ran_out_lets_another_process_take_over(self, probed: ProbedAddon, start: Start) -> None:
        await probed.install()
        await probed.say("/probe one")
        # The first process claims the entry and is never heard of again.
        [_] = await probed.parts.inbox.claim_due(1)
        other = start()
        await other.settle()
        assert other.probe.texts == []
        await probed.let_time_pass()
        await other.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert other.probe.texts == ["/probe one"]
        assert (entry.status, entry.attempts) == (Status.DONE, 2)

    async def test_that_was_lost_takes_the_handlers_rows_with_it(self, probed: ProbedAddon, start: Start) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(ctx: Context) -> None:
            leave_row(ctx, "late")
            running.set()
            await go_on.wait()

        async def write(ctx: Context) -> None:
            leave_row(ctx, "in time")

        await probed.install()
        probed.probe.acts["message"] = wait
        other = start()
        other.probe.acts["message"] = write
        await probed.say()
        slow = asyncio.create_task(probed.parts.worker.drain())
        await running.wait()
        await probed.let_time_pass()
        await other.settle()
        go_on.set()
        await slow
        [entry] = await probed.entries("hipchat.probe")
        assert await rows_written(probed) == ["in time"]
        assert (entry.status, entry.attempts) == (Status.DONE, 2)

    async def test_of_a_process_that_dies_of_it_each_time_ends_dead(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        for _ in range(CRASHES):
            [_] = await probed.parts.inbox.claim_due(1)
            await probed.let_time_pass()
        await probed.settle()
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DEAD
        assert "message" not in probed.probe.names

    async def test_is_shared_by_two_workers_without_a_double(self, probed: ProbedAddon, start: Start) -> None:
        tenant = await probed.tenant(await probed.install())
        other = start()
        numbers = [f"{number:02}" for number in range(30)]
        for number in numbers:
            row = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope(number))
            await probed.parts.inbox.accept(row)
        await asyncio.gather(probed.parts.worker.drain(), other.parts.worker.drain())
        assert sorted(probed.probe.texts + other.probe.texts) == numbers


class TestRunning:
    async def test_takes_up_an_event_when_it_comes(self, probed: ProbedAddon) -> None:
        ran = asyncio.Event()

        async def tell(_: Context) -> None:
            ran.set()

        await probed.install()
        probed.probe.acts["message"] = tell
        async with probed.app.router.lifespan_context(probed.app), asyncio.timeout(30):
            await probed.say()
            await ran.wait()

    async def test_takes_up_what_nobody_woke_it_for(self, probed: ProbedAddon, start: Start) -> None:
        ran = asyncio.Event()

        async def tell(_: Context) -> None:
            ran.set()

        await probed.install()
        other = start()
        other.probe.acts["message"] = tell
        async with other.app.router.lifespan_context(other.app), asyncio.timeout(30):
            await probed.say()
            await ran.wait()


class TestStopping:
    async def test_gives_back_what_does_not_end(self, probed: ProbedAddon, start: Start) -> None:
        running = asyncio.Event()

        async def wait(ctx: Context) -> None:
            leave_row(ctx, "half")
            running.set()
            await asyncio.Event().wait()

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say("/probe one")
        worker = probed.parts.worker
        working = asyncio.create_task(worker.run())
        await running.wait()
        await worker.stop(patience=0.0)
        await working
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts, entry.lease_id) == (Status.NEW, 0, None)
        assert await rows_written(probed) == []
        other = start()
        await other.settle()
        assert other.probe.texts == ["/probe one"]

    async def test_lets_end_what_is_about_to(self, probed: ProbedAddon) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Context) -> None:
            running.set()
            await go_on.wait()

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say()
        worker = probed.parts.worker
        working = asyncio.create_task(worker.run())
        await running.wait()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        go_on.set()
        await stopping
        await working
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.DONE

    async def test_leaves_nothing_claimed_whenever_it_comes(self, start: Start, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        for step in range(12):
            row = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope(str(step)))
            await probed.parts.inbox.accept(row)
            worker = start().parts.worker
            working = asyncio.create_task(worker.run())
            await asyncio.sleep(step / 1000)
            await worker.stop(patience=0.0)
            await working
            assert Status.RUNNING not in {entry.status for entry in await probed.entries("probe-job")}

    async def test_claims_nothing_more(self, probed: ProbedAddon) -> None:
        await probed.install()
        worker = probed.parts.worker
        working = asyncio.create_task(worker.run())
        await worker.stop()
        await working
        await probed.say()
        [entry] = await probed.entries("hipchat.probe")
        assert entry.status == Status.NEW

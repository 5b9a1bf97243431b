"""Workers on PostgreSQL: tenants share their places with each other's, and what a killed one ran is missed."""

import asyncio
import time

import pytest
from sqlalchemy import text, update

from app.connect import Context
from app.connect.work import procrastinate, worker
from app.connect.work.pauses import Pauses
from app.connect.work.rows import InboxRow, Status
from app.connect.work.shares import PLACES, Shares
from app.connect.work.turns import TAKE, TURNS
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.acts import working
from tests.connect.work.crowd import add_entries, add_tenants

ALONE = 7
"""Places that a tenant has in one process where no other wants any."""


async def register(process: ProbedAddon, *, silent_for: float = 0.0) -> int:
    """Write down a worker that was heard of so many seconds ago."""
    async with process.parts.database.session() as session:
        found = await session.scalar(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :silent)) "
                "RETURNING id"
            ),
            {"silent": silent_for},
        )
    return int(found or 0)


class TestTenant:
    async def test_that_is_new_does_not_wait_behind_a_thousand(self, probed: ProbedAddon) -> None:
        many, one = await add_tenants(probed, 2)
        await add_entries(probed, [many], 1_000)
        await add_entries(probed, [one], 1)
        await probed.settle()
        order = [run.tenant_id for run in probed.probe.runs if run.handler == "job"]
        assert order.index(one.tenant_id) < PLACES
        assert len(order) == 1_001

    async def test_that_has_its_share_is_served_again_as_each_ends(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.be_served(probed, monkeypatch, at_once=ALONE)

    async def be_served(self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch, *, at_once: int) -> None:
        """Looking again with the next poll alone would take it to a few a second; here it would never end."""
        for module in (worker, procrastinate):
            monkeypatch.setattr(module, "POLL", 3600.0)
        go_on = asyncio.Event()

        async def wait(_: Context) -> None:
            await go_on.wait()

        async def ran(count: int) -> bool:
            return probed.probe.names.count("job") == count

        probed.probe.acts["job"] = wait
        await add_entries(probed, await add_tenants(probed, 1), 60)
        async with working(probed):
            await until(lambda: ran(at_once))
            # It has looked again meanwhile, and found no share for the rest.
            await asyncio.sleep(0.5)
            go_on.set()
            await until(lambda: ran(60))

    @pytest.mark.on_postgresql
    async def test_that_has_all_it_may_is_served_again_as_each_ends(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probed.parts.worker._shares, "everywhere", 3)  # noqa: SLF001 - fewer than its share
        await self.be_served(probed, monkeypatch, at_once=3)

    @pytest.mark.on_postgresql
    async def test_has_no_more_places_in_two_processes_than_it_may(self, probed: ProbedAddon, start: Start) -> None:
        pickers = [one.parts.inbox.picker for one in (probed, start())]
        for number in range(10):
            [owner] = await add_tenants(probed, 1, origin=f"https://{number}.example.com")
            await add_entries(probed, [owner], 40)
            taken = 0
            for _ in range(3):
                shares = [Shares(Pauses(time.time), everywhere=5) for _ in pickers]
                picks = (picker.pick(PLACES, own) for picker, own in zip(pickers, shares, strict=True))
                found = [claim for claims in await asyncio.gather(*picks) for claim in claims]
                assert {claim.owner.tenant_id for claim in found} <= {owner.tenant_id}
                taken += len(found)
            assert taken == 5


@pytest.mark.on_postgresql
class TestPick:
    async def test_reads_only_what_it_takes(self, probed: ProbedAddon) -> None:
        """Counted by the database, which explains nothing of what its functions do."""
        owners = await add_tenants(probed, 4)
        await add_entries(probed, owners[:1], 4_000)
        db = probed.parts.database
        async with db.session() as session:
            await session.execute(text("ANALYZE"))
        place = {"lane": 0, "origin": owners[0].origin, "tenant_id": owners[0].tenant_id, "most": 1, "at_most": 16}
        held = {"worker_id": None, "lease_id": "one", "until": time.time() + 30}
        async with db.connection() as connection:
            # More often than a plan is made for the values of each.
            for _ in range(8):
                assert (await connection.execute(TAKE, place | held)).all()
            assert len((await connection.execute(TURNS, place)).all()) == 1
            found = await connection.scalar(
                text(
                    "SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_xact_user_tables "
                    "WHERE relname IN ('inbox', 'procrastinate_jobs')"
                )
            )
        assert found is not None
        assert 8 <= found < 120


@pytest.mark.on_postgresql
class TestWorker:
    async def test_that_is_silent_loses_what_it_ran_before_its_lease_ends(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.settle()
        await probed.say()
        killed = await register(probed, silent_for=procrastinate.SILENT + 1)
        [claim] = await probed.parts.inbox.picker.pick(1, None, killed)
        await probed.change(update(InboxRow).values(lease_until=time.time() + 3600))

        async def ran() -> bool:
            return probed.probe.texts == ["/probe"]

        async with working(probed):
            await until(ran)
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.id, entry.status, entry.attempts, entry.crashes) == (claim.id, Status.DONE, 2, 1)

    async def test_that_lives_keeps_what_it_runs(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.settle()
        await probed.say()
        living = await register(probed, silent_for=procrastinate.SILENT - procrastinate.BEAT_EVERY)
        [claim] = await probed.parts.inbox.picker.pick(1, None, living)
        [other] = await add_tenants(probed, 1)
        killed = await register(probed, silent_for=procrastinate.SILENT + 1)
        await add_entries(probed, [other], 1)
        [_] = await probed.parts.inbox.picker.pick(1, None, killed)

        async def others_ran() -> bool:
            return "job" in probed.probe.names

        async with working(probed):
            await until(others_ran)
        assert probed.probe.texts == ["0"]
        assert await probed.parts.inbox.extend(claim)

    async def test_may_run_again_what_it_lost_and_has_not_ended(self, probed: ProbedAddon, start: Start) -> None:
        go_on = asyncio.Event()

        async def wait(_: Context) -> None:
            await go_on.wait()

        async def runs(times: int) -> bool:
            return probed.probe.names.count("message") == times

        async def is_done() -> bool:
            [entry] = await probed.entries("hipchat.probe")
            return entry.status == Status.DONE

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say()
        async with working(probed):
            await until(lambda: runs(1))
            await probed.let_time_pass()
            await start().parts.inbox.wake()
            await until(lambda: runs(2))
            go_on.set()
            await until(is_done)
        assert probed.parts.worker._shares.free == PLACES  # noqa: SLF001 - both have given theirs back
        assert "message" in probed.probe.names

    async def test_that_was_forgotten_is_known_again_when_it_beats(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(procrastinate, "BEAT_EVERY", 0.05)
        await probed.install()
        await probed.settle()

        async def known() -> bool:
            async with probed.parts.database.session() as session:
                return bool(await session.scalar(text("SELECT count(*) FROM procrastinate_workers")))

        async def ran() -> bool:
            return probed.probe.texts == ["/probe"]

        async with working(probed):
            await until(known)
            await probed.change(text("DELETE FROM procrastinate_workers"))
            await until(known)
            await probed.say()
            await until(ran)

    async def test_beats_on_after_a_beat_that_failed(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(procrastinate, "BEAT_EVERY", 0.05)
        await probed.change(text("ALTER TABLE procrastinate_workers RENAME TO away"))
        manager = probed.parts.worker._app.job_manager  # type: ignore[attr-defined]  # noqa: SLF001
        await manager.update_heartbeat(1)
        assert "Others cannot be told now that this process lives" in caplog.text
        await probed.change(text("ALTER TABLE away RENAME TO procrastinate_workers"))
        await manager.update_heartbeat(1)

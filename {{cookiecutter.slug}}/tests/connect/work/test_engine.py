"""The engine of PostgreSQL: jobs follow the inbox's rows, which stay the truth; workers hear of each other's lives."""

import asyncio
import hashlib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import resources
from inspect import signature
from typing import Any

import pytest
from procrastinate import App
from procrastinate.manager import JobManager
from procrastinate.testing import InMemoryConnector
from procrastinate.worker import Worker as Engine
from sqlalchemy import text

from app.connect import Context
from app.connect.application import ROOT
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tenant import TenantState
from app.connect.work import procrastinate, worker
from app.connect.work.dead import DeadEntries
from app.connect.work.pauses import Pauses
from app.connect.work.rows import Envelope, Kind, Status, new_row
from app.connect.work.shares import PLACES, Shares
from app.connect.work.waiting import cancel_waiting
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.acts import fail, raising
from tests.connect.work.crowd import add_entries, add_tenants
from tests.support.running import KEY

Jobs = Callable[[], Awaitable[list[str]]]
SCHEMA = "c70ec4b400a60ad9"
"""Of Procrastinate's schema, which revision 0002 makes. When it changes, keep the old text beside that revision, and
write one with what Procrastinate's own migrations change."""


@pytest.fixture
def jobs(probed: ProbedAddon) -> Jobs:
    async def read() -> list[str]:
        async with probed.parts.database.session() as session:
            return list(await session.scalars(text("SELECT status::text FROM procrastinate_jobs ORDER BY id")))

    return read


@asynccontextmanager
async def working(process: ProbedAddon) -> AsyncIterator[None]:
    running = asyncio.create_task(process.parts.worker.run())
    yield
    await process.parts.worker.stop()
    await running


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


class TestChoice:
    def test_is_the_databases(self, probed: ProbedAddon) -> None:
        kind = worker.Worker if probed.parts.database.is_sqlite else procrastinate.ProcrastinateWorker
        assert type(probed.parts.worker) is kind

    @pytest.mark.one_database
    def test_loads_nothing_of_the_engine_on_sqlite(self, database_url: str) -> None:
        code = "import sys, app.main; assert not [name for name in sys.modules if name.startswith('procrastinate')]"
        environment = {"DATABASE_URL": database_url, "SECRET_KEYS": KEY, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, cwd=ROOT)  # noqa: S603 - our own


@pytest.mark.on_postgresql
class TestJob:
    """What is ready has one to do, what runs has one that is being done, all else has none: whatever made it so."""

    async def test_comes_with_the_entry_and_goes_with_it(self, probed: ProbedAddon, jobs: Jobs) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Context) -> None:
            running.set()
            await go_on.wait()

        await probed.install()
        await probed.settle()
        probed.probe.acts["message"] = wait
        await probed.say()
        assert await jobs() == ["todo"]
        draining = asyncio.create_task(probed.settle())
        await running.wait()
        assert await jobs() == ["doing"]
        go_on.set()
        await draining
        assert await jobs() == []

    async def test_is_none_for_what_waits_and_comes_when_that_is_due(self, probed: ProbedAddon, jobs: Jobs) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        assert await jobs() == []
        await probed.let_time_pass()
        await probed.parts.inbox.wake()
        assert await jobs() == ["todo"]

    async def test_goes_with_what_is_cancelled_ended_or_given_up(self, probed: ProbedAddon, jobs: Jobs) -> None:
        installation = await probed.install()
        await probed.settle()
        tenant = await probed.tenant(installation)
        owner = owner_of(tenant)
        await probed.parts.inbox.accept(new_row(Kind.JOB, "probe-job", owner, envelope=Envelope("a"), key="one"))
        async with probed.parts.database.session() as session:
            assert await cancel_waiting(session, owner, name="probe-job", key="one")
        assert await jobs() == []
        probed.probe.acts["job"] = raising(TypeError("never"))
        await probed.parts.inbox.accept(new_row(Kind.JOB, "probe-job", owner, envelope=Envelope("b")))
        await probed.settle()
        assert await jobs() == []
        assert await DeadEntries(probed.parts.database).replay(now=time.time())
        assert await jobs() == ["todo"]
        await probed.set_state(installation, TenantState.UNINSTALLED)
        await probed.settle()
        assert await jobs() == []

    async def test_comes_for_none_of_what_a_transaction_undoes(self, probed: ProbedAddon, jobs: Jobs) -> None:
        [owner] = await add_tenants(probed, 1)

        async def put_and_fail() -> None:
            async with probed.parts.database.session() as session:
                await probed.parts.inbox.put(session, new_row(Kind.JOB, "probe-job", owner))
                raise RuntimeError("undone")

        with pytest.raises(RuntimeError, match="undone"):
            await put_and_fail()
        assert await jobs() == []

    async def test_that_was_lost_is_not_missed(self, probed: ProbedAddon, jobs: Jobs) -> None:
        await probed.install()
        await probed.say()
        await probed.change(text("DELETE FROM procrastinate_jobs"))
        await probed.settle()
        assert probed.probe.texts == ["/probe"]
        assert await jobs() == []

    async def test_without_an_entry_is_thrown_away(self, probed: ProbedAddon, jobs: Jobs) -> None:
        await probed.change(
            text("INSERT INTO procrastinate_jobs (id, queue_name, task_name) VALUES (77, 'nobody', 'inbox')")
        )

        async def is_gone() -> bool:
            return not await jobs()

        async with working(probed):
            await until(is_gone)


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
        """Looking again with the next poll alone would take it to a few a second; here it would never end."""
        for module in (worker, procrastinate):
            monkeypatch.setattr(module, "POLL", 3600.0)
        owners = await add_tenants(probed, 1)
        await add_entries(probed, owners, 60)

        async def all_ran() -> bool:
            return probed.probe.names.count("job") == 60

        async with working(probed):
            await until(all_ran)

    @pytest.mark.on_postgresql
    async def test_has_no_more_places_in_two_processes_than_it_may(self, probed: ProbedAddon, start: Start) -> None:
        owners = await add_tenants(probed, 3)
        await add_entries(probed, owners, 40)
        pickers = [
            (process.parts.inbox.picker, Shares(Pauses(time.time), everywhere=5)) for process in (probed, start())
        ]
        counted: Counter[str] = Counter()
        for _ in range(8):
            found = await asyncio.gather(*(picker.pick(shares.free, shares) for picker, shares in pickers))
            counted.update(claim.owner.tenant_id for claims in found for claim in claims)
        assert counted == {owner.tenant_id: 5 for owner in owners}


@pytest.mark.on_postgresql
class TestWorker:
    async def test_that_is_silent_loses_what_it_ran_before_its_lease_ends(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.settle()
        await probed.say()
        killed = await register(probed, silent_for=procrastinate.SILENT + 1)
        [claim] = await probed.parts.inbox.picker.pick(1, None, killed)

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


class TestProcrastinate:
    """What is used of its inside, and may change with any version: pinned, and looked at here."""

    def test_has_the_schema_that_a_revision_makes(self) -> None:
        schema = (resources.files("procrastinate.sql") / "schema.sql").read_bytes()
        assert hashlib.sha256(schema).hexdigest()[: len(SCHEMA)] == SCHEMA

    def test_wakes_by_an_event_and_asks_a_manager(self) -> None:
        inside: list[tuple[Any, list[str]]] = [
            (JobManager.fetch_job, ["self", "queues", "worker_id"]),
            (JobManager.finish_job, ["self", "job", "status", "delete_job"]),
            (JobManager.update_heartbeat, ["self", "worker_id"]),
            (JobManager.unregister_worker, ["self", "worker_id"]),
        ]
        for method, names in inside:
            assert list(signature(method).parameters) == names
        engine = Engine(App(connector=InMemoryConnector()))
        assert {"_new_job_event", "shutdown_graceful_timeout"} <= vars(engine).keys()

"""The engine of PostgreSQL: jobs follow the inbox's rows, which stay the truth; workers hear of each other's lives."""

import asyncio
import hashlib
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
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
from app.connect.work.rows import Envelope, Kind, new_row
from app.connect.work.waiting import cancel_waiting
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.acts import fail, raising, working
from tests.connect.work.crowd import add_tenants
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

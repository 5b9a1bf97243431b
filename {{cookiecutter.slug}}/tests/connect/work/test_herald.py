"""A process that runs no handlers: it wakes workers elsewhere, looks up hints, and is ready without a worker.

All of it is for PostgreSQL; on SQLite one process does everything, and the same is true of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text, update

from app.connect.cli import main
from app.connect.database.engine import Database
from app.connect.errors import ConfigurationError
from app.connect.settings import Settings, load_settings
from app.connect.tenancy.entries import CHECK_HINT
from app.connect.work.herald import CHANNEL, Herald, listen
from app.connect.work.inbox import Inbox
from app.connect.work.rows import InboxRow
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import LONGEST, until
from tests.support.running import ADDON, KEY

LISTENERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'
"""


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Leave the handlers to others where there can be any."""
    return load_settings(
        _env_file=None,
        secret_keys=KEY,
        database_url=database_url,
        base_url=ADDON,
        run_handlers=database_url.startswith("sqlite"),
    )


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """The database as another process has it."""
    database = Database(database_url)
    yield database
    await database.dispose()


@asynccontextmanager
async def listening(inbox: Inbox, db: Database) -> AsyncIterator[None]:
    task = asyncio.create_task(listen(inbox, db))
    # It rings once it listens: what was accepted before must be found, too.
    assert await inbox.wait(LONGEST)
    yield
    task.cancel()


async def nothing() -> None:
    """Look nothing up."""


class TestBell:
    @pytest.fixture(autouse=True)
    async def _ready(self, probed: ProbedAddon) -> None:
        """Accept something that nobody takes up."""
        await probed.install()
        await probed.say()

    async def test_rings_in_other_processes(self, db: Database, other: Database) -> None:
        near, far = Inbox(db), Inbox(other)
        if db.is_sqlite:
            assert not await far.wait(0.01)
            return
        herald = Herald(near, db, note=nothing)
        telling = asyncio.create_task(herald.run())
        async with listening(far, other):
            for _ in range(3):
                near.ring()
                assert await far.wait(LONGEST)
        await herald.stop()
        await telling

    async def test_is_listened_for_again_when_a_connection_was_lost(self, db: Database, other: Database) -> None:
        far = Inbox(other)
        if db.is_sqlite:
            assert not await far.wait(0.01)
            return
        async with listening(far, other):
            async with db.session() as session:
                assert (await session.scalars(text(LISTENERS))).all() == [True]
            assert await far.wait(LONGEST)
            await db.notify(CHANNEL)
            assert await far.wait(LONGEST)


class TestWarning:
    @pytest.mark.parametrize("waited", [0.0, 120.0])
    async def test_is_given_when_nobody_takes_up_what_was_accepted(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture, waited: float
    ) -> None:
        await probed.install()
        await probed.settle()
        await probed.say()
        await probed.change(update(InboxRow).values(due_at=InboxRow.due_at - waited))
        turns = asyncio.Semaphore(0)

        async def count() -> None:
            turns.release()

        herald = Herald(Inbox(probed.parts.database), probed.parts.database, note=count)
        telling = asyncio.create_task(herald.run())
        async with asyncio.timeout(LONGEST):
            # It looks behind the first, so it has looked when the second comes.
            await turns.acquire()
            await turns.acquire()
        await herald.stop()
        await telling
        assert ("Start an `addon worker`" in caplog.text) == bool(waited)


class TestProcess:
    @pytest.fixture(autouse=True)
    async def _running(self, probed: ProbedAddon) -> AsyncIterator[None]:
        async with probed.app.router.lifespan_context(probed.app):
            yield

    async def test_is_ready_although_no_worker_runs(self, probed: ProbedAddon) -> None:
        async def is_ready() -> bool:
            return (await probed.http.get("/health/ready")).status_code == 200

        await until(is_ready)

    async def test_looks_hints_up(self, probed: ProbedAddon) -> None:
        installation = await probed.install()

        async def is_asked() -> bool:
            return bool(await probed.entries(CHECK_HINT))

        probed.parts.hints.note("hipchat", installation.client_id)
        await until(is_asked)


class TestWorker:
    @pytest.mark.parametrize(
        ("path", "status"), [("/health/live", 200), ("/", 404), ("/hipchat/capabilities.json", 404), ("/docs", 404)]
    )
    async def test_answers_nothing_but_how_it_is(self, probed: ProbedAddon, path: str, status: int) -> None:
        transport = httpx.ASGITransport(probed.parts.worker_app())
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            answer = await http.get(path)
        assert answer.status_code == status
        assert answer.headers["x-content-type-options"] == "nosniff"


class TestSetting:
    def test_that_nobody_could_follow_is_refused(self, database_url: str) -> None:
        def load() -> Settings:
            return load_settings(_env_file=None, secret_keys=KEY, database_url=database_url, run_handlers="no")

        if not database_url.startswith("sqlite"):
            assert not load().run_handlers
            return
        with pytest.raises(ConfigurationError, match=r"RUN_HANDLERS=no needs PostgreSQL, .* or remove the line"):
            load()

    def test_worker_on_sqlite_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", KEY)
        assert main(["worker"]) == 1
        assert "`addon worker` needs PostgreSQL" in capsys.readouterr().err

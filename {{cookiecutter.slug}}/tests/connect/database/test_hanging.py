"""A database that hangs: nobody is told 401, nobody waits for good, and the process ends when it is told to."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.engine import make_url

from app.connect.database import engine
from app.connect.settings import Settings, load_settings
from tests.connect.asking import header, signed
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.support.running import ADDON, KEY

CANCELLING = 10.0
"""Seconds that the driver takes at most to give up a statement on a connection that says nothing."""


class Wire:
    """What is between the add-on and its database: a relay that can fall silent, or SQLite's lock of another writer."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self.url = url
        self._flows = asyncio.Event()
        self._flows.set()
        self._writer: sqlite3.Connection | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    @property
    def is_sqlite(self) -> bool:
        return self._target.get_backend_name() == "sqlite"

    async def open(self) -> None:
        if self.is_sqlite:
            return
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._target.set(port=port).render_as_string(hide_password=False)

    async def close(self) -> None:
        self.flow()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in self._ends:
            end.transport.abort()
        await asyncio.sleep(0)

    def hang(self) -> None:
        if self.is_sqlite:
            self._writer = sqlite3.connect(self._target.database or "", isolation_level=None)
            self._writer.execute("BEGIN IMMEDIATE")
        self._flows.clear()

    def flow(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._flows.set()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        away = await asyncio.open_connection(self._target.host, self._target.port)
        self._ends += [writer, away[1]]
        for source, sink in ((reader, away[1]), (away[0], writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await source.read(65_536):
                await self._flows.wait()
                sink.write(some)
                await sink.drain()
        sink.close()


class TestHangingDatabase:
    @pytest.fixture
    async def wire(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
        monkeypatch.setattr(engine, "STEP", 4.0)
        wire = Wire(database_url)
        await wire.open()
        yield wire
        await wire.close()

    @pytest.fixture
    def settings(self, wire: Wire) -> Settings:
        return load_settings(_env_file=None, secret_keys=KEY, database_url=wire.url, base_url=ADDON)

    async def test_answers_in_time_and_never_with_401(self, wire: Wire, probed: ProbedAddon) -> None:
        async with probed.app.router.lifespan_context(probed.app):
            installation = await probed.install()
            asked: list[tuple[int, float]] = []

            async def ask(number: int) -> None:
                began = time.monotonic()
                token = signed(installation, jti=str(number))
                answer = await probed.http.post("/probe/signed", headers=header(token))
                asked.append((answer.status_code, time.monotonic() - began))

            await ask(0)
            wire.hang()
            asking = []
            for number in range(1, 60):
                asking.append(asyncio.create_task(ask(number)))
                await asyncio.sleep(0.1)
            await asyncio.gather(*asking)
            ready = await probed.http.get("/health/ready")
            wire.flow()
            assert {status for status, _ in asked} <= {204, 503}
            assert max(took for _, took in asked) < engine.STEP + CANCELLING + 4
            assert ready.status_code == 503
            if wire.is_sqlite:
                # Reading goes on: what is answered from memory does not notice.
                assert {status for status, _ in asked} == {204}
                assert max(took for _, took in asked) < 2

            async def is_well() -> bool:
                token = signed(installation, jti="after")
                return (await probed.http.post("/probe/signed", headers=header(token))).status_code == 204

            await until(is_well)

    async def test_does_not_keep_a_process_from_ending(self, wire: Wire, probed: ProbedAddon) -> None:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(probed.app.router.lifespan_context(probed.app))
            await probed.install()
            wire.hang()
            began = time.monotonic()
        assert time.monotonic() - began < 35

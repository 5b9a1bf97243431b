"""A killed process: what the host was told is accepted runs all the same, once the add-on is back."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import select, update

from app.connect.access.api_tokens import ApiToken
from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.work.rows import InboxRow, Status
from app.connect.work.worker import CONCURRENCY
from devhost.acts.host import Host
from devhost.app import create_devhost
from devhost.wire.deliveries import Delivery
from tests.connect.waiting import until
from tests.support.running import KEY


def free_socket() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def serving(listening: socket.socket) -> AsyncIterator[Host]:
    """Serve a devhost over real sockets beside this test."""
    app = create_devhost(f"http://127.0.0.1:{listening.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    host: Host = app.state.host
    yield host
    server.should_exit = True
    await running
    await host.aclose()


class Process:
    """The add-on as a user starts it."""

    def __init__(self, database_url: str, port: int, log: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.hold = log.with_name("hold")
        """While this file is there, handlers wait."""
        self._arguments = ("-m", "uvicorn", "tests.connect.work.killable:app", "--port", str(port), "--no-access-log")
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": database_url,
            "BASE_URL": self.address,
            "SECRET_KEYS": KEY,
            "HOLD_FILE": str(self.hold),
        }
        self._log = log
        self._running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = await asyncio.create_subprocess_exec(
                sys.executable, *self._arguments, env=self._environment, stdout=log, stderr=log
            )
        await until(self._is_ready)

    async def _is_ready(self) -> bool:
        assert self._running is not None
        assert self._running.returncode is None, self._log.read_text(encoding="utf-8")
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.address}/health/ready")).status_code == 200
        return False

    async def kill(self) -> None:
        """End it as a power cut does: it learns nothing of it."""
        running, self._running = self._running, None
        if running is not None and running.returncode is None:
            running.send_signal(signal.SIGKILL)
            await running.wait()


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with serving(free_socket()) as host:
        yield host


@pytest.fixture
async def process(database_url: str, tmp_path: Path) -> AsyncIterator[Process]:
    with free_socket() as probe:
        port = probe.getsockname()[1]
    process = Process(database_url, port, tmp_path / "addon.log")
    await process.start()
    yield process
    await process.kill()


async def entries(db: Database, status: Status) -> list[InboxRow]:
    query = select(InboxRow).where(InboxRow.name == "hipchat.killable", InboxRow.status == status)
    async with db.session() as session:
        return list(await session.scalars(query))


async def until_there_are(count: int, status: Status, db: Database) -> None:
    async def are_there() -> bool:
        return len(await entries(db, status)) >= count

    await until(are_there)


async def say(host: Host, text: str) -> Delivery:
    delivery = next(one for one in await host.say(1, text) if one.url.endswith("/killable"))
    assert delivery.status == 204
    return delivery


async def effects(db: Database) -> list[str]:
    """Return the messages whose handler ran to its end, one for each time."""
    query = select(ApiToken.created_by).where(ApiToken.created_by.is_not(None)).order_by(ApiToken.created_by)
    async with db.session() as session:
        return [str(text) for text in await session.scalars(query)]


class TestKilledProcess:
    async def test_runs_what_it_had_accepted_and_what_it_was_doing(
        self, host: Host, process: Process, db: Database
    ) -> None:
        await host.install(f"{process.address}/hipchat/capabilities.json", room_id=1)
        # Handlers are held up until the process dies; one more event finds every place taken.
        process.hold.touch()
        texts = [f"/killable {number}" for number in range(CONCURRENCY + 1)]
        deliveries = [await say(host, text) for text in texts]
        await until_there_are(CONCURRENCY, Status.RUNNING, db)
        assert len(await entries(db, Status.NEW)) == 1
        await process.kill()
        process.hold.unlink()
        assert await effects(db) == []

        # What it was doing is taken over when its lease has run out: half a minute, which this makes pass.
        async with db.session() as session:
            await session.execute(update(InboxRow).where(InboxRow.status == Status.RUNNING).values(lease_until=0.0))
        await process.start()
        await until_there_are(CONCURRENCY + 1, Status.DONE, db)
        assert await effects(db) == texts

        # The host repeats what it may not know was accepted: each has run once and does not again.
        for delivery in deliveries:
            await host.redeliver(delivery.id)
            assert delivery.status == 204
        await say(host, "/killable last")
        await until_there_are(CONCURRENCY + 2, Status.DONE, db)
        assert await effects(db) == [*texts, "/killable last"]

"""The add-on in processes of its own, as a user starts it, beside a devhost on real sockets; and how to kill them."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import uvicorn
from sqlalchemy import select, update

from app.connect.api_tokens.table import ApiToken
from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.work.rows import InboxRow, Status
from devhost.app import create_devhost
from devhost.chat.host import Host
from devhost.wire.deliveries import Delivery
from tests.connect.waiting import until
from tests.support.running import KEY


def free_socket() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    return listening


def free_port() -> int:
    with free_socket() as probe:
        return int(probe.getsockname()[1])


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
    """The add-on as a user starts it: `app` serves requests, `worker` only runs handlers; or a `command` of it."""

    def __init__(
        self,
        database_url: str,
        port: int,
        log: Path,
        *,
        runs: str = "app",
        command: Sequence[str] = (),
        address: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._own = f"http://127.0.0.1:{port}"
        self.address = address or self._own
        """Where the add-on is, which for a worker is another process."""
        self.hold = log.with_suffix(".hold")
        """While this file is there, handlers wait."""
        served = f"tests.connect.work.killable:{runs}"
        self._arguments = command or ("-m", "uvicorn", served, "--port", str(port), "--no-access-log")
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": database_url,
            "BASE_URL": self.address,
            "SECRET_KEYS": KEY,
            "HOLD_FILE": str(self.hold),
            **(settings or {}),
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
                return (await client.get(f"{self._own}/health/ready")).status_code == 200
        return False

    async def end(self) -> int:
        """Tell it to end, wait until it has, and return its exit status."""
        running, self._running = self._running, None
        assert running is not None
        running.send_signal(signal.SIGTERM)
        return await running.wait()

    async def kill(self) -> None:
        """End it as a power cut does: it learns nothing of it."""
        running, self._running = self._running, None
        if running is not None and running.returncode is None:
            running.send_signal(signal.SIGKILL)
            await running.wait()


async def entries(db: Database, status: Status) -> list[InboxRow]:
    query = select(InboxRow).where(InboxRow.name == "hipchat.killable", InboxRow.status == status)
    async with db.session() as session:
        return list(await session.scalars(query))


async def until_there_are(count: int, status: Status, db: Database) -> None:
    async def are_there() -> bool:
        return len(await entries(db, status)) >= count

    await until(are_there)


async def end_leases(db: Database) -> None:
    """Let half a minute pass, after which what a killed process was doing is taken over."""
    async with db.session() as session:
        await session.execute(update(InboxRow).where(InboxRow.status == Status.RUNNING).values(lease_until=0.0))


async def say(host: Host, text: str) -> Delivery:
    delivery = next(one for one in await host.say(1, text) if one.url.endswith("/killable"))
    assert delivery.status == 204
    return delivery


async def effects(db: Database) -> list[str]:
    """Return the messages whose handler ran to its end, one for each time."""
    query = select(ApiToken.created_by).where(ApiToken.created_by.is_not(None)).order_by(ApiToken.created_by)
    async with db.session() as session:
        return [str(text) for text in await session.scalars(query)]

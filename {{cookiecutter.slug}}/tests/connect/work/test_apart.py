"""Handlers in processes of their own, on PostgreSQL: these run what others accept, and what a killed one left.

On SQLite one process does everything, and the same holds of it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.connect.database.engine import Database
from app.connect.work.rows import Status
from devhost.chat.host import Host
from tests.connect.work.processes import (
    Process,
    effects,
    end_leases,
    free_port,
    free_socket,
    say,
    serving,
    until_there_are,
)

EVENTS = 25
FIRST = 5


@dataclass
class Place:
    """What serves requests, and what runs handlers."""

    web: Process
    workers: list[Process]

    @property
    def processes(self) -> list[Process]:
        return [self.web, *(worker for worker in self.workers if worker is not self.web)]


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with serving(free_socket()) as host:
        yield host


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    web = Process(database_url, free_port(), tmp_path / "web.log", settings={"RUN_HANDLERS": "no"})
    workers = [
        Process(database_url, free_port(), tmp_path / f"worker-{number}.log", runs="worker", address=web.address)
        for number in range(2)
    ]
    # What the process that serves took up itself would never end.
    web.hold.touch()
    place = Place(web, workers)
    if database_url.startswith("sqlite"):
        alone = Process(database_url, free_port(), tmp_path / "alone.log")
        place = Place(alone, [alone])
    await asyncio.gather(*(process.start() for process in place.processes))
    yield place
    for process in place.processes:
        await process.kill()


class TestApart:
    async def test_everything_runs_once_though_a_worker_is_killed(self, host: Host, place: Place, db: Database) -> None:
        await host.install(f"{place.web.address}/hipchat/capabilities.json", room_id=1)
        texts = [f"/killable {number:02}" for number in range(EVENTS)]
        # Had the process that serves taken one of them up, this would never end.
        for text in texts[:FIRST]:
            await say(host, text)
        await until_there_are(FIRST, Status.DONE, db)
        victim = place.workers[0]
        for worker in place.workers:
            worker.hold.touch()
        for text in texts[FIRST:]:
            await say(host, text)
        await until_there_are(7 * len(place.workers), Status.RUNNING, db)
        await victim.kill()
        for worker in place.workers:
            worker.hold.unlink()
        if victim is place.web:
            await victim.start()
        await end_leases(db)
        await until_there_are(EVENTS, Status.DONE, db)
        assert await effects(db) == texts


class TestCommand:
    async def test_runs_until_it_is_told_to_end(self, database_url: str, tmp_path: Path) -> None:
        port = free_port()
        command = ("-m", "app.connect.cli", "worker", "--port", str(port))
        worker = Process(database_url, port, tmp_path / "worker.log", command=command)
        if database_url.startswith("sqlite"):
            worker = Process(database_url, port, tmp_path / "worker.log")
        await worker.start()
        assert await worker.end() == -signal.SIGTERM

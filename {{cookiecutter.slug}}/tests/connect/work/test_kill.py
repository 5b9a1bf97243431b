"""A killed process: what the host was told is accepted runs all the same, once the add-on is back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.connect.database.engine import Database
from app.connect.work.rows import Status
from devhost.chat.host import Host
from tests.connect.work.processes import (
    Process,
    effects,
    end_leases,
    entries,
    free_port,
    free_socket,
    say,
    serving,
    until_there_are,
)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with serving(free_socket()) as host:
        yield host


@pytest.fixture
async def process(database_url: str, tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(database_url, free_port(), tmp_path / "addon.log")
    await process.start()
    yield process
    await process.kill()


ALONE = 7
"""Places that a tenant has in one process where no other wants any."""


class TestKilledProcess:
    async def test_runs_what_it_had_accepted_and_what_it_was_doing(
        self, host: Host, process: Process, db: Database
    ) -> None:
        await host.install(f"{process.address}/hipchat/capabilities.json", room_id=1)
        # Handlers are held up until the process dies; one more event finds every place taken.
        process.hold.touch()
        texts = [f"/killable {number}" for number in range(ALONE + 1)]
        deliveries = [await say(host, text) for text in texts]
        await until_there_are(ALONE, Status.RUNNING, db)
        assert len(await entries(db, Status.NEW)) == 1
        await process.kill()
        process.hold.unlink()
        assert await effects(db) == []

        # What it was doing is taken over when its lease has run out: half a minute, which this makes pass.
        await end_leases(db)
        await process.start()
        await until_there_are(ALONE + 1, Status.DONE, db)
        assert await effects(db) == texts

        # The host repeats what it may not know was accepted: each has run once and does not again.
        for delivery in deliveries:
            await host.redeliver(delivery.id)
            assert delivery.status == 204
        await say(host, "/killable last")
        await until_there_are(ALONE + 2, Status.DONE, db)
        assert await effects(db) == [*texts, "/killable last"]

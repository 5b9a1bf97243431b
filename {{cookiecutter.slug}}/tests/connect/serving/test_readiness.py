"""Readiness says what is true: that writes go through, that changes are followed, and that entries are taken up."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from app.connect.application import ROOT
from app.connect.serving import health
from app.connect.serving.health import BELIEVED
from app.connect.serving.watchdog import EXIT_STATUS
from tests.connect.asking import header, signed
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until

pytestmark = pytest.mark.both_databases

STANDS_STILL = """
import asyncio, logging, sys, time
from pathlib import Path
from app.connect.serving.watchdog import Watchdog

async def main():
    Watchdog(Path("app/addon"), is_production=sys.argv[1] == "production", deadly_after=0.5).start()
    await asyncio.sleep(1)
    print("well so far", flush=True)
    stand_still()

def stand_still():
    time.sleep(float(sys.argv[2]))

logging.basicConfig()
asyncio.run(main())
"""


async def is_ready(process: ProbedAddon) -> bool:
    """Ask once. Just after the start nothing was looked at yet."""
    return (await process.http.get("/health/ready")).status_code == 200


async def ready(process: ProbedAddon) -> tuple[int, str]:
    """Ask once the last answer is believed no longer."""
    await asyncio.sleep(BELIEVED + 0.1)
    answer = await process.http.get("/health/ready")
    return answer.status_code, answer.json().get("reason") or ""


@asynccontextmanager
async def locked(process: ProbedAddon) -> AsyncIterator[None]:
    """Let another writer hold what a small write needs."""
    database = process.parts.database
    lock = "BEGIN IMMEDIATE" if database.is_sqlite else "LOCK TABLE planned_slots, inbox IN ACCESS EXCLUSIVE MODE"
    async with database.engine.connect() as connection:
        await connection.execute(text(lock))
        yield
        await connection.rollback()


class TestReady:
    @pytest.fixture(autouse=True)
    async def _running(self, probed: ProbedAddon) -> AsyncIterator[None]:
        async with probed.app.router.lifespan_context(probed.app):
            yield

    async def test_is_said_while_everything_goes_on(self, probed: ProbedAddon) -> None:
        await until(lambda: is_ready(probed))

    async def test_is_said_as_soon_as_changes_are_followed(self, probed: ProbedAddon) -> None:
        followed = [False, True]
        readiness = health.Readiness(probed.parts.database, follows=lambda _: followed.pop(0), claims=None)
        assert await readiness.reason() == "Changes of other processes are not seen. Look into the log."
        assert await readiness.reason() is None

    async def test_is_not_said_while_writes_do_not_go_through(self, probed: ProbedAddon) -> None:
        async with locked(probed):
            began = time.monotonic()
            status, reason = await ready(probed)
            assert (status, reason) == (503, "The database does not answer. Check DATABASE_URL.")
            assert time.monotonic() - began < 3 * health.IN_TIME + BELIEVED + 10
        await asyncio.sleep(1)
        await until(lambda: is_ready(probed))

    async def test_is_not_said_when_nothing_is_taken_up(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "LATE", 1.0)
        await probed.parts.worker.stop()
        assert await ready(probed) == (503, "What was accepted is not taken up. Look into the log.")

    async def test_is_not_said_when_changes_are_not_followed(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "LATE", 1.0)
        probed.parts.directory.stop()
        assert await ready(probed) == (503, "Changes of other processes are not seen. Look into the log.")

    async def test_is_not_said_when_the_disk_is_full(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "LEAST_SPACE", 1 << 60)
        is_sqlite = probed.parts.database.is_sqlite
        if not is_sqlite:
            await until(lambda: is_ready(probed))
        said = "The disk is nearly full. Free some space where the file of DATABASE_URL is."
        assert await ready(probed) == ((503, said) if is_sqlite else (200, ""))

    async def test_writes_once_however_many_ask(self, probed: ProbedAddon) -> None:
        await until(lambda: is_ready(probed))
        answers = await asyncio.gather(*(probed.http.get("/health/ready") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}

    async def test_a_locked_database_does_not_touch_what_is_answered_from_memory(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        token = signed(installation)
        assert (await probed.http.post("/probe/signed", headers=header(token))).status_code == 204
        slowest = 0.0
        async with locked(probed):
            # Senders fill the pool of connections meanwhile.
            events = [asyncio.create_task(probed.devhost.host.say(1, f"/probe {number}")) for number in range(30)]
            ends = time.monotonic() + 6
            while time.monotonic() < ends:
                began = time.monotonic()
                answer = await probed.http.post("/probe/signed", headers=header(token))
                slowest = max(slowest, time.monotonic() - began)
                assert answer.status_code == 204
                await asyncio.sleep(0.05)
        await asyncio.gather(*events)
        assert slowest < 1.5


class TestLoopThatStandsStill:
    def run(self, environment: str, seconds: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", STANDS_STILL, environment, seconds],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_ends_the_process_in_production_and_says_where_it_stood(self) -> None:
        ended = self.run("production", "50")
        assert (ended.returncode, ended.stdout) == (EXIT_STATUS, "well so far\n")
        assert "the process has stood still" in ended.stderr
        assert "in stand_still" in ended.stderr

    def test_leaves_a_breakpoint_in_development_alone(self) -> None:
        ended = self.run("development", "2")
        assert (ended.returncode, ended.stdout) == (0, "well so far\n")

"""Housekeeping begins a while after the start, and then comes again and again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.connect.work import worker
from app.connect.work.pauses import Pauses
from app.connect.work.shares import Shares
from app.connect.work.worker import Worker
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until


class House:
    """Counts what a worker does besides running entries."""

    planned = kept = 0

    async def plan(self) -> None:
        self.planned += 1

    async def keep(self) -> None:
        self.kept += 1


@asynccontextmanager
async def working(process: ProbedAddon, house: House) -> AsyncIterator[Worker]:
    """Let a worker of its own run over a process's inbox."""
    parts = process.parts
    made = Worker(
        parts.inbox, shares=Shares(Pauses(time.time)), run=parts.dispatcher.run, plan=house.plan, keep_house=house.keep
    )
    running = asyncio.create_task(made.run())
    yield made
    await made.stop()
    async with asyncio.timeout(10):
        await running


class TestWorker:
    async def test_keeps_no_house_while_it_starts_and_stops_without_waiting_for_it(
        self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "SETTLING", (300.0, 300.0))
        house = House()

        async def has_looked() -> bool:
            return house.planned > 0 and made.is_claiming(60)

        async with working(probed, house) as made:
            await until(has_looked)
        assert house.kept == 0

    async def test_keeps_house_afterwards_and_again(self, probed: ProbedAddon, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "SETTLING", (0.0, 0.1))
        monkeypatch.setattr(worker, "HOUSEKEEPING", 0.05)
        house = House()

        async def has_kept() -> bool:
            return house.kept > 2

        async with working(probed, house):
            await until(has_kept)

    def test_settles_sooner_than_house_is_kept_again(self) -> None:
        assert 0 < worker.SETTLING[0] < worker.SETTLING[1] < worker.HOUSEKEEPING

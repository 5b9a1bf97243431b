"""What is to happen at a time of the devhost's clock: retries and schedules run when it is moved, too."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from devhost.world.clock import Clock

Act = Callable[[], Awaitable[object]]
TICK = 1.0


class Agenda:
    """Acts by their time. They run when `advance` or `hurry` passes it, and within a second when the clock does."""

    def __init__(self, clock: Clock, spawn: Callable[[Coroutine[Any, Any, Any]], None]) -> None:
        self._clock = clock
        self._spawn = spawn
        # How far what is planned is ahead of the clock, by which others judge what the host signs.
        self._ahead = 0.0
        self._acts: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        self._ticking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._acts)

    def after(self, seconds: float, act: Act) -> None:
        """Plan an act."""
        heapq.heappush(self._acts, (self._now() + seconds, next(self._numbers), act))
        self._listen()

    async def run_due(self) -> None:
        """Do what is due, one after the other."""
        while self._acts and self._acts[0][0] <= self._now():
            _, _, act = heapq.heappop(self._acts)
            await act()

    async def advance(self, seconds: float) -> None:
        """Move the clock, and do on the way what falls due, each at its time."""
        await self._go(seconds, self._clock.advance)

    async def hurry(self, seconds: float) -> None:
        """Do at once what falls due within so many seconds; the clock stays, so that what is signed holds."""
        await self._go(seconds, self._run_ahead)

    async def _go(self, seconds: float, move: Callable[[float], None]) -> None:
        end = self._now() + seconds
        while self._acts and self._acts[0][0] <= end:
            move(max(0.0, self._acts[0][0] - self._now()))
            await self.run_due()
        move(max(0.0, end - self._now()))

    def _run_ahead(self, seconds: float) -> None:
        self._ahead += seconds

    def _now(self) -> float:
        return self._clock.now() + self._ahead

    def clear(self) -> None:
        """Forget everything that is planned."""
        self._acts.clear()
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def _listen(self) -> None:
        # A handle and not a task: whoever waits until nothing is under way need not wait for the next hour.
        if self._ticking is None and self._acts:
            self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._ticking = None
        if self._acts and self._acts[0][0] <= self._now():
            self._spawn(self.run_due())
        self._listen()

"""The local engine: claims what is in the inbox and has it run, inside this process, at least once and never lost.

It is SQLite's. On PostgreSQL another does what it does, and shares with it what goes on beside (`procrastinate.py`).

What is tried again, and when, is said in `serving/retries.py`; who may have how many places in `shares.py`.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from app.connect.work.claims import Claim
from app.connect.work.inbox import Inbox
from app.connect.work.shares import Shares

log = logging.getLogger(__name__)

POLL = 1.0
REST = 0.01
"""Seconds between two looks while something runs: what ends and comes meanwhile is asked about once."""
WAKE_EVERY = 0.2
"""Seconds between two looks at what waited until now; what is accepted to run at once needs none."""
HOUSEKEEPING = 60.0
SETTLING = (5.0, 30.0)
"""Seconds from the start to the first round: those who start together need not keep house together, nor while senders
wait for them."""
DRAIN = 10.0
GIVE_BACK = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each try to give an entry back whose run the database itself broke off."""


class Worker:
    """Claims ready entries and gives them to `run`; the inbox's bell spares the wait for the next poll.

    `plan` writes what is due besides, such as the entries of schedules; `keep_house` and `tidy` come now and then.
    Each has a task of its own, so that none holds up what was accepted.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        shares: Shares,
        run: Callable[[Claim], Awaitable[None]],
        plan: Callable[[], Awaitable[None]],
        keep_house: Callable[[], Awaitable[None]],
    ) -> None:
        self._inbox = inbox
        self._shares = shares
        self._run = run
        self._plan = plan
        self._keep_house = keep_house
        self._running: dict[Any, Claim] = {}
        # Held from the claim until its task exists: whoever waits for what runs must not miss what is being claimed.
        self._claiming = asyncio.Lock()
        self._woke_at = float("-inf")
        self._looked_at = float("-inf")
        self._stopping = asyncio.Event()

    def is_claiming(self, within: float) -> bool:
        """Tell whether the inbox could be looked into within the last seconds."""
        return time.monotonic() - self._looked_at < within

    async def run(self) -> None:
        """Work until `stop`; errors of the database are logged and survived."""
        others = [asyncio.create_task(one) for one in self._beside()]
        await self._take_up()
        await asyncio.gather(*others)

    def _beside(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self._again(self._plan, POLL, "What is due by the clock cannot be written now"),
            self._again_later(self._keep_house),
        ]

    async def _take_up(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._start_due()
            except Exception:
                log.exception("The inbox cannot be read now; trying again.")
            # What may begin has begun: the next one may when another ends or comes, and either rings.
            await self._inbox.wait(POLL)
            if self._running:
                await asyncio.sleep(REST)

    async def stop(self, *, patience: float = DRAIN) -> None:
        """Claim nothing more, let what runs end within `patience` seconds, give the rest back."""
        self._stopping.set()
        self._inbox.ring()
        async with self._claiming:
            running = dict(self._running)
        if running:
            await asyncio.wait(running, timeout=patience)
        left = {task: claim for task, claim in running.items() if task.cancel()}
        await asyncio.gather(*left, return_exceptions=True)
        await self._give_all_back(left.values())

    async def _give_all_back(self, claims: Iterable[Claim]) -> None:
        # Not left to the tasks: one that was cancelled before its first step never ran at all.
        given_back = (self._inbox.retry(claim, delay=0.0, error=None, counts=False) for claim in claims)
        await asyncio.gather(*given_back, return_exceptions=True)

    async def drain(self) -> None:
        """Run everything that is due now, and what that makes due; for tests."""
        await self._plan()
        self._woke_at = float("-inf")
        while await self._start_due() or self._running:
            self._woke_at = float("-inf")
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _start_due(self) -> bool:
        if self._shares.free <= 0:
            self._looked_at = time.monotonic()
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED, timeout=POLL)
            return True
        await self._wake()
        async with self._claiming:
            free = 0 if self._stopping.is_set() else self._shares.free
            claims = await self._inbox.claim_due(free, shares=self._shares) if free else []
            for claim in claims:
                task = asyncio.create_task(self._hold(claim))
                self._running[task] = claim
                task.add_done_callback(self._ended)
        self._looked_at = time.monotonic()
        return bool(claims)

    async def _wake(self) -> None:
        if time.monotonic() - self._woke_at >= WAKE_EVERY:
            await self._inbox.wake([claim.id for claim in self._running.values()])
            self._woke_at = time.monotonic()

    async def _hold(self, claim: Claim) -> None:
        try:
            async with self._inbox.hold(claim):
                await self._run(claim)
        except Exception:
            log.exception("The database failed inside a run; its entry is given back.", extra={"entry": claim.id})
            await self._give_back(claim)

    async def _give_back(self, claim: Claim) -> None:
        """Give an entry back as soon as the database answers, rather than let everybody wait for its lease."""
        for pause in GIVE_BACK:
            await asyncio.sleep(pause)
            with contextlib.suppress(Exception):
                await self._inbox.retry(claim, delay=1.0, error=None, counts=False)
                return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._shares.end(self._running.pop(task))
        self._inbox.ring()

    async def _again_later(self, keep_house: Callable[[], Awaitable[None]]) -> None:
        await self._pause(random.uniform(*SETTLING))  # noqa: S311 - nobody gains by knowing it
        await self._again(keep_house, HOUSEKEEPING, "What has run cannot be cleared away now")

    async def _again(self, act: Callable[[], Awaitable[None]], every: float, sentence: str) -> None:
        while not self._stopping.is_set():
            try:
                await act()
            except Exception:
                log.exception("%s; trying again.", sentence)
            await self._pause(every)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

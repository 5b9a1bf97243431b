"""The local engine: claims what is in the inbox and has it run, inside this process, at least once and never lost.

What is tried again, and when, is said in `serving/retries.py`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection

from app.connect.work.inbox import Claim, Inbox

log = logging.getLogger(__name__)

CONCURRENCY = 8
POLL = 1.0
HOUSEKEEPING = 600.0
DRAIN = 10.0


class Worker:
    """Claims due entries and gives them to `run`; the inbox's bell spares the wait for the next poll.

    `plan` writes the entries of schedules that are due; it is asked before each look into the inbox.
    `lasting` names the delivery ids that are remembered for longer than others.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        run: Callable[[Claim], Awaitable[None]],
        plan: Callable[[], Awaitable[None]],
        lasting: Callable[[], Collection[str]],
    ) -> None:
        self._inbox = inbox
        self._run = run
        self._plan = plan
        self._lasting = lasting
        self._running: dict[asyncio.Task[None], Claim] = {}
        # Held from the claim until its task exists: whoever waits for what runs must not miss what is being claimed.
        self._claiming = asyncio.Lock()
        self._stopping = False

    async def run(self) -> None:
        """Work until `stop`; errors of the database are logged and survived."""
        next_housekeeping = 0.0
        while not self._stopping:
            try:
                await self._plan()
                if time.monotonic() > next_housekeeping:
                    next_housekeeping = time.monotonic() + HOUSEKEEPING
                    await self._inbox.forget_old(keep=self._lasting())
                more = await self._start_due()
            except Exception:
                log.exception("The inbox cannot be read now; trying again.")
                more = False
            if not more:
                await self._inbox.wait(POLL)

    async def stop(self, *, patience: float = DRAIN) -> None:
        """Claim nothing more, let what runs end within `patience` seconds, give the rest back."""
        self._stopping = True
        self._inbox.ring()
        async with self._claiming:
            running = dict(self._running)
        if running:
            await asyncio.wait(running, timeout=patience)
        left = {task: claim for task, claim in running.items() if task.cancel()}
        await asyncio.gather(*left, return_exceptions=True)
        # Not left to the tasks: one that was cancelled before its first step never ran at all.
        given_back = (self._inbox.retry(claim, delay=0.0, error=None, counts=False) for claim in left.values())
        await asyncio.gather(*given_back, return_exceptions=True)

    async def drain(self) -> None:
        """Run everything that is due now, and what that makes due; for tests."""
        await self._plan()
        while await self._start_due() or self._running:
            if self._running:
                await asyncio.wait(self._running)

    async def _start_due(self) -> bool:
        free = CONCURRENCY - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED, timeout=POLL)
            return True
        async with self._claiming:
            claims = [] if self._stopping else await self._inbox.claim_due(free)
            for claim in claims:
                task = asyncio.create_task(self._hold(claim))
                self._running[task] = claim
                task.add_done_callback(self._ended)
        return bool(claims)

    async def _hold(self, claim: Claim) -> None:
        async with self._inbox.hold(claim):
            await self._run(claim)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._inbox.ring()

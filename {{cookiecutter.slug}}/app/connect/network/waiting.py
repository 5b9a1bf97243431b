"""How long a call waits for a host that takes none now: until the reset that it names, else longer each time.

Every call waits for itself and holds nothing meanwhile. Few calls of one tenant wait at a time; the next ones raise at
once, and what the worker runs is tried again at the reset: a tenant whose limit is used up takes no other's place.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.connect.errors import HostError
from app.connect.network.refusals import RateLimited

TRIES = 4
LONGEST_PAUSE = 30.0
MOST_WAITING = 2
"""Calls of one tenant; fewer than handlers run at a time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What calls of one host may spend on waiting: `budget` is each one's, in seconds; with its own clock and sleep."""

    budget: float = 30.0
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    first: float = 0.5
    """Seconds of the first pause where the host names none."""
    waiting: Counter[str] = field(default_factory=Counter, compare=False)
    """How many calls of each tenant wait for a limit."""


class Waiting:
    """The waiting of one call of a tenant."""

    def __init__(self, patience: Patience, tenant_id: str) -> None:
        self._patience = patience
        self._whose = tenant_id
        self._left = patience.budget
        self._tries = 1
        self._lost = False

    async def for_limit(self, reset: float | None, reason: str = "") -> None:
        """Wait until the host takes calls again, at `reset` where it says so; as `for_reset`."""
        until = self._patience.clock() + self._back_off() if reset is None else reset
        await self.for_reset(RateLimited(until, reason))

    async def for_reset(self, error: RateLimited) -> None:
        """Wait until the reset that `error` names; raise it beyond the budget, or when others of the tenant wait."""
        patience, whose = self._patience, self._whose
        if patience.waiting[whose] >= MOST_WAITING:
            raise error
        patience.waiting[whose] += 1
        try:
            # Everyone who waits is woken by the same reset; the jitter keeps them from calling at once.
            pause = max(error.reset - patience.clock(), patience.first)
            await self._pause(pause + patience.jitter(), error)
        finally:
            patience.waiting[whose] -= 1
            if not patience.waiting[whose]:
                del patience.waiting[whose]

    async def for_recovery(self, error: HostError) -> None:
        """Wait a little longer each time; raise `error` after the last try or beyond the budget."""
        await self._pause(self._back_off() * (0.5 + self._patience.jitter()), error)
        self._lost = True

    @property
    def has_retried(self) -> bool:
        """Whether an earlier try may have been carried out without its answer reaching us."""
        return self._lost

    def _back_off(self) -> float:
        return float(min(self._patience.first * 2.0 ** (self._tries - 1), LONGEST_PAUSE))

    async def _pause(self, seconds: float, error: HostError) -> None:
        if self._tries == TRIES or seconds > self._left:
            raise error
        self._tries += 1
        self._left -= seconds
        await self._patience.sleep(seconds)

"""How long to wait for a host that cannot answer now: by its rate and flood headers, else by back-off.

What is tried again is said in `api.py`. Source: protocol reference 11.3.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.connect.errors import HostError
from app.connect.hosts.hipchat.client.errors import RateLimited

LIMITS = ("X-Ratelimit", "X-FloodControl")
OLDEST_TIMESTAMP = 1_000_000_000.0
"""Below this a reset cannot be a moment of this century: some hosts count the seconds from now."""
RETRIES = 3
FIRST_PAUSE = 0.5


def reset_of(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return when calls are taken again, in Unix seconds: the later reset of the limits that are used up.

    Headers that call no limit used up count with all their resets. None when there is none. `headers` finds
    names in any case.
    """
    resets = {name: _moment(headers.get(f"{name}-Reset"), now) for name in LIMITS}
    used_up = [name for name in LIMITS if headers.get(f"{name}-Remaining", "").strip() == "0"]
    moments = [moment for name, moment in resets.items() if moment is not None and name in (used_up or LIMITS)]
    return max(moments, default=_moment(headers.get("Retry-After"), now))


@dataclass(frozen=True, slots=True)
class Patience:
    """What one call may spend on waiting: `budget` in seconds, with its own clock and sleep."""

    budget: float = 30.0
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


class Waiting:
    """The waiting of one call."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._left = patience.budget
        self._retries = 0

    async def for_limit(self, headers: Mapping[str, str]) -> None:
        """Wait until the host takes calls again; `RateLimited` when that is beyond the budget."""
        now = self._patience.clock()
        reset = reset_of(headers, now=now)
        await self.for_reset(RateLimited(now + self._back_off() if reset is None else reset))

    async def for_reset(self, error: RateLimited) -> None:
        """Wait until the reset that `error` names; raise it when that is beyond the budget."""
        pause = max(error.reset - self._patience.clock(), FIRST_PAUSE)
        # Everyone who waits is woken by the same reset; the jitter keeps them from calling at once.
        await self._pause(pause + self._patience.jitter(), error)

    async def for_recovery(self, error: HostError) -> None:
        """Wait a little longer each time; raise `error` after the last retry or beyond the budget."""
        if self._retries == RETRIES:
            raise error
        await self._pause(self._back_off() * (0.5 + self._patience.jitter()), error)

    @property
    def has_retried(self) -> bool:
        """Whether an earlier try may have been carried out without its answer reaching us."""
        return self._retries > 0

    def _back_off(self) -> float:
        self._retries += 1
        return FIRST_PAUSE * 2.0 ** (self._retries - 1)

    async def _pause(self, seconds: float, error: HostError) -> None:
        if seconds > self._left:
            raise error
        self._left -= seconds
        await self._patience.sleep(seconds)


def _moment(text: str | None, now: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return value if value >= OLDEST_TIMESTAMP else now + max(value, 0.0)

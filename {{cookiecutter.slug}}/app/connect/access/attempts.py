"""How often a password may be tried: a few times at once, then in turns, each some seconds after the one before.

Who comes when there are too many turns before theirs is put off, unchecked. Addresses have turns of their own, so
whoever tries from one does not take those of its owner, who comes from another.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from app.connect.errors import Busy

LONGEST_WAIT = 10.0
"""Seconds."""
REMEMBERED = 20_000


class TooManyAttempts(Busy):
    """A password was tried so often that this attempt is not looked at."""

    status = 429
    code = "too_many_attempts"
    sentence = "This was tried too often. Try again after the seconds that Retry-After says."
    retry_after = int(LONGEST_WAIT)


class Turns:
    """Turns by name: `at_once` of them without a pause, then one in `pause` seconds."""

    def __init__(self, *, at_once: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._pause = pause
        self._clock = clock
        self._taken_until: OrderedDict[Hashable, float] = OrderedDict()

    def wait_for(self, name: Hashable) -> float:
        """Return how long the next turn is away, in seconds."""
        now = self._clock()
        return max(0.0, self._taken_until.get(name, now) - now - (self._at_once - 1) * self._pause)

    def take(self, name: Hashable) -> None:
        """Take the next turn."""
        self._taken_until[name] = max(self._clock(), self._taken_until.get(name, 0.0)) + self._pause
        self._taken_until.move_to_end(name)
        if len(self._taken_until) > REMEMBERED:
            self._taken_until.popitem(last=False)

    def give_back(self, name: Hashable) -> None:
        """Return a turn: only what was in vain counts."""
        if name in self._taken_until:
            self._taken_until[name] -= self._pause


class Attempts:
    """The turns of every principal: for each address, and a few more for all of them together."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._one = Turns(at_once=10, pause=2.0, clock=clock)
        self._all = Turns(at_once=100, pause=0.4, clock=clock)
        self._sleep = sleep

    async def turn(self, principal: Hashable, client: str | None) -> None:
        """Wait for a turn; `TooManyAttempts` when that is too far away."""
        wait = max(self._one.wait_for((principal, client)), self._all.wait_for(principal))
        if wait > LONGEST_WAIT:
            raise TooManyAttempts
        self._one.take((principal, client))
        self._all.take(principal)
        if wait:
            await self._sleep(wait)

    def give_back(self, principal: Hashable, client: str | None) -> None:
        """Return a turn to whoever had the right password, or was not looked at."""
        self._one.give_back((principal, client))
        self._all.give_back(principal)

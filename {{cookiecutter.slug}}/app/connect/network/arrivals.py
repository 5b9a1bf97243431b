"""Calls to hosts that nobody has proven yet: anybody can ask for an install, and that must not hold up the others.

They have connections of their own and little time, one at a time for an origin, and few origins at a time. A named
origin is not counted among these, so that made-up ones do not stand in its way where any host may install.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

from app.connect.errors import Busy, InstallRefused
from app.connect.network.fetch import Outbound

MOST = 8
"""Origins that were not named and are called at once."""
WAITING = 32
"""Who may wait for a turn: at each named origin, and at all others together."""
PATIENCE = 5.0
"""Seconds that one waits for its turn."""
TURN = 15.0
"""Seconds that a turn takes at most."""


class Arrivals:
    """Gives turns to whoever has a host to prove; `client` is for the calls inside one."""

    def __init__(self, client: Outbound, *, patience: float = PATIENCE, turn: float = TURN) -> None:
        self.client = client
        self._patience = patience
        self._turn = turn
        self._named: set[str] = set()
        self._others: set[str] = set()
        self._waiting: Counter[str] = Counter()
        self._ended = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def turn(self, origin: str, *, is_named: bool) -> AsyncIterator[None]:
        """Wait for a turn to call `origin` and take it.

        `Busy` when there are too many, `InstallRefused` when the block takes longer than a turn may.
        """
        present = self._named if is_named else self._others

        def may_begin() -> bool:
            return origin not in present and (is_named or len(self._others) < MOST)

        queue = origin if is_named else ""
        if not may_begin() and self._waiting[queue] >= WAITING:
            raise Busy
        self._waiting[queue] += 1
        try:
            async with asyncio.timeout(self._patience), self._ended:
                await self._ended.wait_for(may_begin)
                present.add(origin)
        except TimeoutError:
            raise Busy from None
        finally:
            self._waiting[queue] -= 1
            if not self._waiting[queue]:
                del self._waiting[queue]
        try:
            async with asyncio.timeout(self._turn):
                yield
        except TimeoutError:
            raise InstallRefused("The host took too long to answer. Try again in a moment.") from None
        finally:
            present.discard(origin)
            async with self._ended:
                self._ended.notify_all()

    async def aclose(self) -> None:
        """Close every connection."""
        await self.client.aclose()

"""Who is connected: how many there may be, who is overdue, and who gives way to another."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

PATIENCE = 1.0
"""Seconds that a connection may wait for its client and keep its place, when there are as many as may be."""


@dataclass(frozen=True)
class Limits:
    """What connections may hold. Times are seconds."""

    connections: int = 800
    head: float = 15.0
    """Until the head of a request is there whole, from its first byte or from the connection's beginning."""
    body: float = 60.0
    """Until a body is there whole; half of it may pass without anything coming, or going when it is an answer."""


class Held(Protocol):
    """One connection, as far as it can be in the way of others."""

    def end_overdue(self, now: float) -> None:
        """End it if it has waited for its client for too long."""
        ...

    def waits_since(self) -> float | None:
        """Return the moment since which it waits for its client; None while it is being served."""
        ...

    def give_way(self) -> None:
        """End it in favour of another."""
        ...


class Crowd:
    """Counts the connections of a server, and looks once in a while which of them are overdue."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: set[Held] = set()
        self._every = min(1.0, limits.head / 4, limits.body / 8)
        self._looking: asyncio.TimerHandle | None = None

    def enter(self, connection: Held, now: float) -> bool:
        """Take one more in; False when there are too many and none of them waits.

        At the limit the one that has waited longest for its client leaves: who sends requests does not wait for long.
        """
        if self._looking is None:
            self._look()
        if len(self._open) >= self.limits.connections:
            waiting = {held: since for held in self._open if (since := held.waits_since()) is not None}
            longest = min(waiting, key=waiting.__getitem__, default=None)
            if longest is None or now - waiting[longest] < PATIENCE:
                return False
            longest.give_way()
        self._open.add(connection)
        return True

    def leave(self, connection: Held) -> None:
        """Forget a connection that is closed."""
        self._open.discard(connection)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._open):
            connection.end_overdue(now)
        self._looking = loop.call_later(self._every, self._look)

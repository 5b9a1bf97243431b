"""What comes at the same time is done in one transaction: a commit costs more than the rows that it keeps.

Nobody waits for others to come. Whoever comes alone is done at once; who comes while that is under way is done next,
with all who have come by then. So the busier it is, the more of them share one commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from sqlalchemy.exc import DataError, IntegrityError

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")

MOST = 100
"""Items of one transaction: SQLite lets nobody else write meanwhile."""
OWN_FAULT = (DataError, IntegrityError)
"""What the row of one may cause; the others must not fail by it."""


class Together(Generic[I, R]):
    """Gives items to `act`, which does all of them or none, and returns what came of each, in order."""

    def __init__(self, act: Callable[[Sequence[I]], Awaitable[Sequence[R]]]) -> None:
        self._act = act
        self._waiting: list[tuple[I, asyncio.Future[R]]] = []
        self._acting: asyncio.Task[None] | None = None

    async def do(self, item: I) -> R:
        """Return what came of an item once it is committed; raise what it failed by."""
        mine: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, mine))
        if self._acting is None or self._acting.done():
            # Of no request: it outlives the one that it begins with.
            self._acting = asyncio.create_task(self._act_on_all(), context=Context())
        return await mine

    async def _act_on_all(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._act_on(some)
            except OWN_FAULT as error:
                if len(some) == 1:
                    _fail(some, error)
                for one in some if len(some) > 1 else ():
                    try:
                        await self._act_on([one])
                    except Exception as own:  # noqa: BLE001 - it is told
                        _fail([one], own)
            except Exception as error:  # noqa: BLE001 - it is told
                _fail(some, error)

    async def _act_on(self, some: Sequence[tuple[I, asyncio.Future[R]]]) -> None:
        results = await self._act([item for item, _ in some])
        for (_, whose), result in zip(some, results, strict=True):
            # One who does not wait any longer was cancelled.
            if not whose.done():
                whose.set_result(result)


def _fail(some: Sequence[tuple[I, asyncio.Future[R]]], error: Exception) -> None:
    for _, whose in some:
        if not whose.done():
            whose.set_exception(error)

"""The lifetime of a process: what goes on in it beside requests, and that this ends in order and in time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from app.connect.serving.watchdog import Watchdog
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.hints import Hints

LONGEST_STOP = 25.0
LONGEST_CLOSE = 5.0
"""Seconds until a process that is told to end does so, whatever hangs."""


class Engine(Protocol):
    """What a process does with its inbox: it runs what is in it, or tells others of it."""

    async def run(self) -> None:
        """Go on until `stop`."""

    async def stop(self) -> None:
        """End it."""


@contextlib.asynccontextmanager
async def lifetime(
    engine: Engine,
    *others: Coroutine[None, None, None],
    directory: TenantDirectory,
    hints: Hints,
    watchdog: Watchdog,
    close: Callable[[], Awaitable[None]],
) -> AsyncIterator[None]:
    """Run an engine, follow changes, do the `others` until they are cancelled; at the end give everything back."""
    watchdog.start()
    following = asyncio.create_task(directory.run())
    working = asyncio.create_task(engine.run())
    beside = [asyncio.create_task(one) for one in others]
    try:
        yield
    finally:
        watchdog.stop()
        for task in beside:
            task.cancel()
        # What hangs is left: its lease runs out, and another process takes it over.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_STOP):
                await engine.stop()
                directory.stop()
                await asyncio.gather(working, following, *beside, return_exceptions=True)
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await hints.look_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_CLOSE):
                await close()

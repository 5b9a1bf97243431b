"""Waits for what another task or process does, where nothing tells when it has."""

import asyncio
from collections.abc import Awaitable, Callable

LONGEST = 120.0
"""Seconds after which a test gives up rather than hang; no test measures time by it."""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once `holds` answers yes; `TimeoutError` when it never does."""
    async with asyncio.timeout(LONGEST):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.02)

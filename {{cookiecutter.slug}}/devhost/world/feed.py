"""Tells listeners that something changed, for pages that update themselves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

QUEUE_LIMIT = 200


class Feed:
    """Hand every change to every listener; one that does not keep up loses the oldest changes."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[tuple[str, dict[str, Any]]]] = set()

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tell everyone: `kind` is message, glance, installation, wire, fault or delivery."""
        for queue in self._queues:
            if queue.full():
                with suppress(asyncio.QueueEmpty):
                    queue.get_nowait()
            queue.put_nowait((kind, data))

    def end(self) -> None:
        """Let every listener come to its end, so that a server which stops need not wait for them."""
        self.publish("end", {})

    async def listen(self, *, idle: float | None = None) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield changes from now on until the caller stops or the feed ends.

        With `idle` seconds without a change comes ("idle", {}), by which a caller notices that nobody reads.
        """
        queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(idle):
                        change = await queue.get()
                except TimeoutError:
                    change = ("idle", {})
                if change[0] == "end":
                    return
                yield change
        finally:
            self._queues.discard(queue)

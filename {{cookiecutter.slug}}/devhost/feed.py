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

    async def listen(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield changes from now on until the caller stops."""
        queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

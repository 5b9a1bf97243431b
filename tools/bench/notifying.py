"""Notifications to rooms by the add-on's own context, or by httpx alone; runs in the project's environment and folder.

Arguments: `addon` or `httpx`, the host's address, how many rooms, and how many notifications. Prints the processor
microseconds of each and how many there were a second.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

CONCURRENCY = 16
TEXT = "No builds were reported yet."
KIND, HOST = sys.argv[1:3]
ROOMS, COUNT = map(int, sys.argv[3:5])
Send = Callable[[int], Awaitable[None]]


async def measure(send: Send) -> None:
    """Send to all rooms once, so that each has its access token, and then as many as are wanted."""
    await in_turn(send, ROOMS)
    cpu, began = time.process_time(), time.perf_counter()
    await in_turn(send, COUNT)
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
    print(json.dumps([cpu / COUNT * 1e6, COUNT / seconds]))


async def in_turn(send: Send, count: int) -> None:
    """Send to one room after the other, to sixteen at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await send(number % ROOMS)

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def by_addon() -> None:
    """Open the context of a tenant each time, as a handler gets one."""
    from app.connect.application import Application
    from app.connect.declare.author import find_routers
    from app.connect.hosts.hipchat import HipChatContext
    from app.connect.settings import load_settings
    from app.connect.tenancy.tenant import Caller

    application = Application(load_settings(), find_routers())
    found = [await application.directory.find("hipchat", f"t{number}") for number in range(ROOMS)]
    tenants = [entry.tenant for entry in found if entry is not None]

    async def send(number: int) -> None:
        async with application.contexts.open(tenants[number], Caller("7", "UTC", str(number + 1))) as context:
            if isinstance(context, HipChatContext):
                await context.room.notify(TEXT)

    await measure(send)
    await application.close()


async def by_httpx() -> None:
    """Post the same."""
    import httpx

    body = {"message": TEXT, "message_format": "html", "color": "yellow", "notify": False}
    tokens = itertools.cycle(["0123456789abcdef" * 4])
    async with httpx.AsyncClient(trust_env=False) as client:

        async def send(number: int) -> None:
            headers = {"Authorization": f"Bearer {next(tokens)}"}
            answer = await client.post(f"{HOST}/v2/room/{number + 1}/notification", json=body, headers=headers)
            answer.raise_for_status()

        await measure(send)


os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
asyncio.run(by_addon() if KIND == "addon" else by_httpx())

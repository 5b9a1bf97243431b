"""10,000 notifications to 1,000 rooms, beside httpx that posts the same: sixteen at a time, each in its own process."""

import asyncio
import json
import os
import statistics

from tools.bench.ground import Ground
from tools.bench.rooms import serving

ROOMS = 1_000
ROUNDS = 4
COUNT = 10_000
SHARE = 0.70


def measure(ground: Ground, *, rounds: int = ROUNDS, count: int = COUNT) -> bool:
    """Measure and print; False when the share misses its target."""
    found = asyncio.run(_measure(ground, rounds, count // rounds))
    middle = {kind: [statistics.median(part) for part in zip(*runs, strict=True)] for kind, runs in found.items()}
    (ours, our_rate), (plain, rate) = middle["addon"], middle["httpx"]
    share = plain / ours
    print(
        f"\n{count} notifications to {ROOMS} rooms: {ours:.0f} us, {our_rate:.0f} a second; bare httpx {plain:.0f} us, "
        f"{rate:.0f}: {our_rate / rate:.2f}, of processor time {plain / ours:.2f} (at least {SHARE:.2f})"
    )
    return bool(share >= SHARE)


async def _measure(ground: Ground, rounds: int, count: int) -> dict[str, list[tuple[float, float]]]:
    available = os.sched_getaffinity(0)
    found: dict[str, list[tuple[float, float]]] = {"addon": [], "httpx": []}
    settings = ground.settings("sqlite", "notifications") | {"BASE_URL": "http://127.0.0.1", "LOG_LEVEL": "WARNING"}
    async with serving(ROOMS) as rooms:
        ground.run(str(ground.here / "seed.py"), str(ROOMS), "hipchat", rooms.host.address, **settings)
        script = str(ground.here / "notifying.py")
        for _ in range(rounds):
            for kind, runs in found.items():
                arguments = (script, kind, rooms.host.address, str(ROOMS), str(count))
                os.sched_setaffinity(0, available)  # what is started chooses for itself
                running = asyncio.create_task(asyncio.to_thread(ground.run, *arguments, **settings))
                cpu, rate = json.loads(await running)
                runs.append((cpu, rate))
    return found

"""A million tenants, of whom some are asked for: what a glance of theirs costs, and what the process holds."""

import asyncio
import os
import random
import time

from tools.bench import load, tokens
from tools.bench.events import Figures
from tools.bench.ground import Ground
from tools.bench.processes import Measured

MILLION = 1_000_000
HOT = 1_000
ROUNDS = 5
SECONDS = 1.0
KEEPS = 0.90
MEBIBYTES = 512
POOL = 2_000
CALM = 4
"""Looks at the memory, a second apart, in which it grows no more."""
WARM_SECONDS = 8.0


def measure(ground: Ground, *, rounds: int = ROUNDS, million: int = MILLION) -> bool:
    """Measure and print; False when a figure misses its target."""
    servers = {}
    for name, real, stored in (("one", 1, 1), ("million", HOT, million)):
        settings = ground.settings("sqlite", f"tenants-{name}")
        ground.run(str(ground.here / "seed.py"), str(real), "hipchat", **settings)
        if stored > real:
            ground.run(str(ground.here / "fill_tenants.py"), str(stored), **settings)
        servers[name] = ground.serve(f"tenants-{name}", "app.main:app", settings, ready="/health/ready")
    figures = asyncio.run(_measure(servers, rounds))
    (one, one_rate), (hot, hot_rate) = figures["one"].middle, figures["million"].middle
    held = servers["million"].resident_mebibytes()
    kept = one / hot
    print(
        f"\n{million} tenants stored: a glance of {HOT} of them {hot:.0f} us, of one alone {one:.0f} us; "
        f"{hot_rate / one_rate:.2f}, of processor time {one / hot:.2f} (at least {KEEPS:.2f}); {held:.0f} MiB "
        f"(at most {MEBIBYTES})"
    )
    return kept >= KEEPS and held <= MEBIBYTES


async def _measure(servers: dict[str, Measured], rounds: int) -> dict[str, Figures]:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    await asyncio.to_thread(_wait_until_calm, servers["million"])
    hot = {name: 1 if name == "one" else HOT for name in servers}
    for name, server in servers.items():
        await load.run(server.port, tokens.repeated(tokens.glance_request, hot[name], POOL), seconds=WARM_SECONDS)
    figures = {name: Figures() for name in servers}
    for _ in range(rounds):
        for name in random.sample(list(servers), len(servers)):
            requests = tokens.repeated(tokens.glance_request, hot[name], POOL)
            before = servers[name].cpu_seconds()
            result = await load.run(servers[name].port, requests, seconds=SECONDS)
            figures[name].take(servers[name].cpu_seconds() - before, result.requests, result.seconds)
    return figures


def _wait_until_calm(server: Measured) -> None:
    """Wait until the process has read what it keeps in memory."""
    calm, last = 0, 0.0
    while calm < CALM:
        held = server.resident_mebibytes()
        calm, last = (calm + 1 if held <= last + 1 else 0), held
        time.sleep(1.0)

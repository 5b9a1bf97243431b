"""How fast what is due is run: with much of it behind, and by two worker processes where there was one."""

import asyncio
import os
import statistics
import time
from contextlib import ExitStack
from dataclasses import replace

from tools.bench.ground import DATABASES, Ground
from tools.bench.processes import Measured
from tools.bench.rooms import Rooms, serving, until

ROOMS = 100
ROUNDS = 3
FEW, MANY = 1_000, 100_000
WARM, DRAINED = 200, 900
"""Of those that are due, what passes before it is measured, and where that ends."""
KEEPS = 0.95
"""What a drain must keep with 100,000 due, by processor time."""
GAINS = 1.20
"""How much faster two workers are than one."""
Speed = tuple[float, float]
"""Entries a second, and processor microseconds for each."""


def measure(ground: Ground, *, rounds: int = ROUNDS) -> bool:
    """Measure and print; False when a figure misses its target."""
    is_well = [asyncio.run(_behind(ground, database, rounds)) for database in DATABASES]
    return all([*is_well, asyncio.run(_workers(ground, rounds))])


async def _behind(ground: Ground, database: str, rounds: int) -> bool:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    settings = ground.settings(database, "draining")
    server = ground.serve(f"{database}-draining", "app.main:app", settings, ready="/health/ready")
    speeds: dict[int, list[Speed]] = {FEW: [], MANY: []}
    async with serving(ROOMS) as rooms:
        await rooms.install(server.port)
        for turn in range(rounds + 1):
            for due, found in speeds.items():
                speed = await _drain(ground, settings, rooms, [server], due)
                if turn:  # the first round warms up
                    found.append(speed)
    (few, few_cpu), (many, many_cpu) = (_middle(speeds[due]) for due in (FEW, MANY))
    kept = few_cpu / many_cpu
    print(
        f"\nDraining on {database}: {few:.0f} a second and {few_cpu:.0f} us each of {FEW} due, {many:.0f} and "
        f"{many_cpu:.0f} us of {MANY}: {many / few:.2f}, of processor time {few_cpu / many_cpu:.2f} (at least {KEEPS})"
    )
    return kept >= KEEPS


async def _workers(ground: Ground, rounds: int) -> bool:
    settings = ground.settings("postgresql", "workers") | {"RUN_HANDLERS": "no"}
    server = ground.serve("postgresql-serving", "app.main:app", settings, ready="/health/ready")
    rates: dict[int, list[float]] = {1: [], 2: []}
    async with serving(ROOMS) as rooms:
        for turn in range(rounds):
            for count, found in rates.items():
                with ExitStack() as stack:
                    some = replace(ground, stack=stack)
                    workers = [await asyncio.to_thread(some.work, f"worker-{n}", settings) for n in range(count)]
                    # The first runs where servers do, the second where the host does: that is what two cores have.
                    for worker in workers[1:]:
                        os.sched_setaffinity(worker.process.pid, os.sched_getaffinity(0))
                    if not turn and count == 1:
                        await rooms.install(server.port)
                    found.append((await _drain(ground, settings, rooms, workers, FEW))[0])
    one, two = (statistics.median(rates[count]) for count in (1, 2))
    print(f"Workers on postgresql: one {one:.0f} a second, two {two:.0f}: {two / one:.2f} (at least {GAINS:.2f})")
    return two / one >= GAINS


async def _drain(ground: Ground, settings: dict[str, str], rooms: Rooms, runners: list[Measured], due: int) -> Speed:
    def write(*arguments: int) -> str:
        return ground.run(str(ground.here / "seed_events.py"), *map(str, arguments), **settings)

    before = rooms.answered()
    await asyncio.to_thread(write, due, rooms.reserve(due))
    await until(rooms.answered, before + WARM)
    cpu, began = sum(one.cpu_seconds() for one in runners), time.perf_counter()
    await until(rooms.answered, before + DRAINED)
    seconds, cpu = time.perf_counter() - began, sum(one.cpu_seconds() for one in runners) - cpu
    await asyncio.to_thread(write, 0)
    await asyncio.sleep(1.0)  # what was taken before ends
    return (DRAINED - WARM) / seconds, cpu / (DRAINED - WARM) * 1e6


def _middle(speeds: list[Speed]) -> Speed:
    return statistics.median(rate for rate, _ in speeds), statistics.median(cpu for _, cpu in speeds)

"""What an event of the example costs, on each database: to the commit of its row, and to the notification at the host.

The add-on runs as it ships, in one process. Processor time is what counts; a database server's is not the add-on's.
"""

import asyncio
import os
import random
import statistics
from dataclasses import dataclass, field

from tools.bench import load, tokens
from tools.bench.ground import DATABASES, Ground
from tools.bench.processes import Measured
from tools.bench.rooms import Rooms, serving, until

ROOMS = 100
ROUNDS = 5
SECONDS = 1.0
BURST = 400
"""Events that are sent as fast as 16 connections take them, and then waited for."""
COSTS = {"sqlite": 38.0, "postgresql": 58.0}
"""Bare FastAPI requests that an event may cost, from its POST to its notification."""
SHARE = 0.60
"""What accepting an event must reach of a bare route that commits a row."""
MOST = 20_000
LONGEST = 600.0


@dataclass
class Figures:
    """What one server did in its slices: processor microseconds for each request, and requests a second."""

    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)

    def take(self, seconds_of_cpu: float, requests: int, seconds: float) -> None:
        """Note a slice."""
        self.cpu.append(seconds_of_cpu / requests * 1e6)
        self.rate.append(requests / seconds)

    @property
    def middle(self) -> tuple[float, float]:
        """Return the medians."""
        return statistics.median(self.cpu), statistics.median(self.rate)


@dataclass
class Subject:
    """A server, and what is sent to it; `hook` where that are events."""

    kind: str
    database: str
    server: Measured
    hook: str = ""
    figures: Figures = field(default_factory=Figures)


def measure(ground: Ground, *, rounds: int = ROUNDS) -> bool:
    """Measure and print; False when a figure misses its target."""
    subjects = [Subject("bare", "", ground.serve("bare", "bare:app", {}, ready="/"))]
    for database in DATABASES:
        for kind, app, ready in (
            ("ships", "app.main:app", "/health/ready"),
            ("accepts", "accepting_addon:app", "/health/live"),
            ("commits", "bare_commit:app", "/"),
        ):
            settings = ground.settings(database, f"events_{kind}")
            server = ground.serve(f"{database}-{kind}", app, settings, ready=ready)
            subjects.append(Subject(kind, database, server))
    asyncio.run(_measure(subjects, rounds))
    return _report(subjects)


async def _measure(subjects: list[Subject], rounds: int) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    async with serving(ROOMS) as rooms:
        for subject in subjects:
            if subject.kind == "ships":
                subject.hook = await rooms.install(subject.server.port)
            elif subject.kind == "accepts":
                subject.hook = await asyncio.to_thread(rooms.put_in, subject.server.port)
        for turn in range(rounds + 1):
            for subject in random.sample(subjects, len(subjects)):
                await _slice(subject, rooms)
                if not turn:  # the first round warms up
                    subject.figures = Figures()


async def _slice(subject: Subject, rooms: Rooms) -> None:
    if subject.kind == "ships":
        wanted = rooms.answered() + BURST
        requests = rooms.events(subject.hook, BURST)
    elif subject.kind == "accepts":
        requests = rooms.events(subject.hook, int(MOST * SECONDS / 10))
    else:
        one = tokens.bare_request() if subject.kind == "bare" else rooms.events("/", 1)[0]
        requests = [one] * MOST
    before = subject.server.cpu_seconds()
    if subject.kind != "ships":
        result = await load.run(subject.server.port, iter(requests), seconds=SECONDS)
    else:
        result = await load.run(subject.server.port, iter(requests), seconds=LONGEST)
        await until(rooms.answered, wanted)
    subject.figures.take(subject.server.cpu_seconds() - before, result.requests, result.seconds)


def _report(subjects: list[Subject]) -> bool:
    middle = {(subject.kind, subject.database): subject.figures.middle for subject in subjects}
    bare, _ = middle["bare", ""]
    print(f"\nA bare FastAPI request takes {bare:.0f} us of processor time; an event of the example as many of them:")
    is_well = True
    for database in DATABASES:
        cost = middle["ships", database][0]
        accepted, plain = middle["accepts", database], middle["commits", database]
        ratio = cost / bare
        share, by_cpu = accepted[1] / plain[1], plain[0] / accepted[0]
        is_well = is_well and ratio <= COSTS[database] and by_cpu >= SHARE
        print(f"  {database:12}to its notification {ratio:5.1f} (at most {COSTS[database]:.0f}), {cost:.0f} us")
        print(
            f"  {'':12}to its commit {accepted[0]:.0f} us, {accepted[1]:.0f} a second; a bare route that commits "
            f"{plain[0]:.0f} us, {plain[1]:.0f}: {share:.2f}, of processor time {by_cpu:.2f} (at least {SHARE:.2f})"
        )
    return is_well

"""`make bench`: interleaved slices of load on the add-on as it ships and on a bare FastAPI route, as ratios.

Every server is pinned to one core and the load generator to the other, so that neither takes the other's time.
Throughput of this kind of machine wanders; the server's processor time a request is the steadier ratio.
"""

import asyncio
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tools.bake import bake, install_project
from tools.bench import deliveries, load, tokens
from tools.bench.processes import Measured, start
from tools.environments import program, without_outer_environment
from tools.paths import BUILD, LOGS
from tools.servers import free_port

ROUNDS = 9
SECONDS = 2.0
MANY = 100_000
POOL = 2_000
FRESH_PER_SLICE = 12_000
TARGETS = {"new tokens": 0.50, "repeated tokens": 0.65}
BENCH = BUILD / "bench"


@dataclass
class Subject:
    """One thing to measure: a server, and the requests to send to it."""

    name: str
    server: "Measured"
    requests: Callable[[], Iterator[bytes]]
    per_second: list[float] = field(default_factory=list)
    cpu_microseconds: list[float] = field(default_factory=list)


def main() -> int:
    """Measure and print; exit 1 when a ratio misses its target or the devhost falls behind."""
    if not Path("/proc/self/stat").exists():
        print("make bench reads processor times from /proc and runs on Linux only.")
        return 1
    shutil.rmtree(BENCH, ignore_errors=True)
    BENCH.mkdir(parents=True)
    project = bake(progress=print)
    environment = project / ".venv"
    install_project(project, environment, progress=print)
    return measure(project, environment)


def measure(project: Path, environment: Path) -> int:
    """Measure an installed project."""
    with ExitStack() as stack:
        bare = _start_bare(stack, environment)
        one = _start_addon(stack, project, environment, tenants=1)
        many = _start_addon(stack, project, environment, tenants=MANY)
        print(f"Idle memory with one tenant: {one.resident_mebibytes():.0f} MiB (limit 150)")
        subjects = [
            Subject("bare FastAPI route", bare, lambda: iter([tokens.bare_request()] * 1_000_000)),
            Subject("new tokens, 1 tenant", one, lambda: tokens.fresh(1, FRESH_PER_SLICE)),
            Subject(f"new tokens, {MANY} tenants", many, lambda: tokens.fresh(MANY, FRESH_PER_SLICE)),
            Subject("repeated tokens, 1 tenant", one, lambda: tokens.repeated(1, POOL)),
            Subject(f"repeated tokens, {MANY} tenants", many, lambda: tokens.repeated(MANY, POOL)),
        ]
        asyncio.run(_measure(subjects))
        print(f"Memory with {MANY} tenants: {many.resident_mebibytes():.0f} MiB")
    missed = _report(subjects)
    keeps_up = deliveries.measure(project, environment, logs=LOGS)
    if not keeps_up:
        print("The devhost fell behind.")
    return 1 if missed or not keeps_up else 0


async def _measure(subjects: list[Subject]) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for subject in subjects:
        await load.run(subject.server.port, subject.requests(), seconds=SECONDS)
    for turn in range(ROUNDS):
        print(f"Round {turn + 1} of {ROUNDS}")
        for subject in random.sample(subjects, len(subjects)):
            requests = subject.requests()
            before = subject.server.cpu_seconds()
            result = await load.run(subject.server.port, requests, seconds=SECONDS)
            subject.per_second.append(result.per_second)
            subject.cpu_microseconds.append((subject.server.cpu_seconds() - before) / result.requests * 1e6)


def _report(subjects: list[Subject]) -> bool:
    """Print the table; True when a ratio misses its target."""
    bare = subjects[0]
    print(f"\n{'':34}{'req/s':>8}{'ratio':>8}{'CPU us':>9}{'ratio':>8}{'target':>8}")
    missed = False
    for subject in subjects:
        throughput = statistics.median(subject.per_second)
        cpu = statistics.median(subject.cpu_microseconds)
        ratio = throughput / statistics.median(bare.per_second)
        cpu_ratio = statistics.median(bare.cpu_microseconds) / cpu
        target = next((value for name, value in TARGETS.items() if subject.name.startswith(name)), None)
        missed = missed or (target is not None and ratio < target)
        print(
            f"{subject.name:34}{throughput:8.0f}{ratio:8.2f}{cpu:9.0f}{cpu_ratio:8.2f}"
            f"{'' if target is None else f'{target:8.2f}'}"
        )
    return missed


def _start_bare(stack: ExitStack, environment: Path) -> Measured:
    return _start(stack, "bare", ["bare:app", "--app-dir", str(Path(__file__).parent)], environment, BENCH, {})


def _start_addon(stack: ExitStack, project: Path, environment: Path, *, tenants: int) -> Measured:
    settings = {
        "DATABASE_URL": f"sqlite:///{BENCH / f'{tenants}.db'}",
        "SECRET_KEYS": secrets.token_urlsafe(48),
    }
    print(f"Writing {tenants} tenants")
    subprocess.run(
        [program(environment, "python"), str(Path(__file__).parent / "seed.py"), str(tenants)],
        check=True,
        cwd=project,
        env={**without_outer_environment(), **settings},
    )
    return _start(stack, f"addon-{tenants}", ["app.main:app"], environment, project, settings)


def _start(
    stack: ExitStack, name: str, arguments: list[str], environment: Path, folder: Path, settings: dict[str, str]
) -> Measured:
    port = free_port(0)
    # The bare route gets no access log, which would cost it a quarter; the add-on logs as it ships.
    command = [program(environment, "uvicorn"), *arguments, "--port", str(port), "--no-access-log"]
    answers = f"http://127.0.0.1:{port}/"
    return start(stack, name, command, folder=folder, log=LOGS, answers=answers, port=port, settings=settings)


if __name__ == "__main__":
    sys.exit(main())

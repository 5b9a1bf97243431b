"""`make bench`: interleaved slices of load on the add-on as it ships and on a bare FastAPI route, as ratios.

Every server is pinned to one core and the load generator to the other, so that neither takes the other's time.
Throughput of this kind of machine wanders; the server's processor time a request is the steadier ratio.
"""

import asyncio
import json
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from tools.bake import bake, install_project
from tools.bench import deliveries, draining, events, forge, load, million, notifications, tokens
from tools.bench.ground import ground
from tools.bench.processes import Measured, start
from tools.environments import program, without_outer_environment
from tools.paths import BUILD, LOGS
from tools.servers import free_port

ROUNDS = 9
SECONDS = 2.0
WARMING = 120.0
"""Seconds within which every request of a pool has to be answered once, before anything is measured."""
MANY = 100_000
POOL = 2_000
FRESH_PER_SLICE = 12_000
TARGETS = {
    "glance, new": 0.50,
    "glance, repeated": 0.65,
    "page, new": 0.45,
    "page, repeated": 0.65,
    "API token, repeated": 0.50,
}
CHECKED_WITHIN = 2.0
"""Milliseconds of processor time for 1,000 accesses and 100 rules."""
TOKENS_OF_ONE = 100
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
    keys = free_port(0)
    with ExitStack() as stack:
        bare = _start_bare(stack, environment)
        one, many = (_start_addon(stack, project, environment, tenants=count, keys=keys) for count in (1, MANY))
        few_sites, sites = (
            _start_addon(stack, project, environment, tenants=count, keys=keys, host="jira") for count in (1, MANY)
        )
        programs = {count: _start_programs(stack, project, environment, count=count, keys=keys) for count in (1, MANY)}
        print(f"Idle memory with one tenant: {one.resident_mebibytes():.0f} MiB (limit 150)")
        subjects = [
            Subject("bare FastAPI route", bare, lambda: iter([tokens.bare_request()] * 1_000_000)),
            *_subjects("glance", tokens.glance_request, one, many),
            *_subjects("page", tokens.page_request, few_sites, sites),
            *_programs(programs),
        ]
        asyncio.run(_measure(subjects))
        print(f"Memory with {MANY} tenants: {many.resident_mebibytes():.0f} MiB")
        fetches_once = _fetches_keys_once(few_sites, environment, keys=keys)
    missed = _report(subjects) or not fetches_once
    missed = not forge.measure(project, environment, folder=BENCH, logs=LOGS) or missed
    with ground(project, environment, BENCH, LOGS) as events_ground:
        for figures in (events, draining, million, notifications):
            missed = not figures.measure(events_ground) or missed
    missed = not _checks_in_time(project, environment) or missed
    keeps_up = deliveries.measure(project, environment, logs=LOGS)
    if not keeps_up:
        print("The devhost fell behind.")
    return 1 if missed or not keeps_up else 0


def _subjects(name: str, make: tokens.Make, one: Measured, many: Measured) -> Iterator[Subject]:
    """Name what is measured of one kind of request: new and repeated tokens, of one tenant and of many."""
    for tenants, server in ((1, one), (MANY, many)):
        of = f"{tenants} tenant{'s' if tenants > 1 else ''}"
        fresh = partial(tokens.fresh, make, tenants, FRESH_PER_SLICE)
        yield Subject(f"{name}, new tokens, {of}", server, fresh)
        yield Subject(f"{name}, repeated tokens, {of}", server, partial(tokens.repeated, make, tenants, POOL))


def _programs(servers: Mapping[int, Measured]) -> Iterator[Subject]:
    """Name what is measured of requests with API tokens, which repeat: of one token and of many."""
    for count, server in servers.items():
        requests = partial(tokens.repeated, tokens.api_request, count, POOL)
        yield Subject(f"API token, repeated, {count} there", server, requests)


def _checks_in_time(project: Path, environment: Path) -> bool:
    """Print what a check of many accesses takes, and tell whether that is within its target."""
    script = str(Path(__file__).parent / "accesses.py")
    command = [program(environment, "python"), script]
    ran = subprocess.run(
        command, check=True, cwd=project, capture_output=True, text=True, env=without_outer_environment()
    )
    spent = float(ran.stdout)
    print(f"1,000 accesses against 100 rules: {spent:.2f} ms of processor time (target {CHECKED_WITHIN})")
    return spent < CHECKED_WITHIN


def _fetches_keys_once(server: Measured, environment: Path, *, keys: int) -> bool:
    """Send signed installs at once, print what the keys cost, and tell whether each was fetched once."""
    script = str(Path(__file__).parent / "installs.py")
    address = f"http://127.0.0.1:{server.port}"
    ran = subprocess.run(
        [program(environment, "python"), script, str(keys), address, "com.example.bench", address],
        check=True,
        capture_output=True,
        text=True,
        env=without_outer_environment(),
    )
    found = json.loads(ran.stdout)
    print(f"{found['installs']} signed installs of {found['keys']} keys: {found['fetches']} keys fetched")
    return bool(found["fetches"] == found["keys"])


async def _measure(subjects: list[Subject]) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for subject in subjects:
        # Until all that repeats was there once, however long that takes: the first time of each asks the database.
        await load.run(subject.server.port, islice(subject.requests(), POOL), seconds=WARMING)
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
    arguments = ["bare:app", "--app-dir", str(Path(__file__).parent)]
    return _start(stack, "bare", arguments, environment, BENCH, {}, port=free_port(0))


def _start_addon(
    stack: ExitStack, project: Path, environment: Path, *, tenants: int, keys: int, host: str = "hipchat"
) -> Measured:
    port = free_port(0)
    settings = _settings(f"{host}-{tenants}", port, keys)
    print(f"Writing {tenants} tenants of {host}")
    _seed(project, environment, settings, "seed.py", str(tenants), host)
    # As it ships; of a site one page that does as little as the glance.
    shipped = ["app.main:app"] if host == "hipchat" else ["site_addon:app", "--app-dir", str(Path(__file__).parent)]
    return _start(stack, f"{host}-{tenants}", shipped, environment, project, settings, port=port)


def _start_programs(stack: ExitStack, project: Path, environment: Path, *, count: int, keys: int) -> Measured:
    port = free_port(0)
    settings = _settings(f"tokens-{count}", port, keys)
    print(f"Writing {count} API tokens")
    _seed(project, environment, settings, "seed.py", str(max(1, count // TOKENS_OF_ONE)), "hipchat")
    _seed(project, environment, settings, "seed_tokens.py", str(count))
    served = ["token_addon:app", "--app-dir", str(Path(__file__).parent)]
    return _start(stack, f"tokens-{count}", served, environment, project, settings, port=port)


def _settings(name: str, port: int, keys: int) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{BENCH / f'{name}.db'}",
        "SECRET_KEYS": secrets.token_urlsafe(48),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ATLASSIAN_KEYS_URL": f"http://127.0.0.1:{keys}",
    }


def _seed(project: Path, environment: Path, settings: dict[str, str], script: str, *arguments: str) -> None:
    subprocess.run(
        [program(environment, "python"), str(Path(__file__).parent / script), *arguments],
        check=True,
        cwd=project,
        env={**without_outer_environment(), **settings},
    )


def _start(
    stack: ExitStack,
    name: str,
    arguments: list[str],
    environment: Path,
    folder: Path,
    settings: dict[str, str],
    *,
    port: int,
) -> Measured:
    # The bare route gets no access log, which would cost it a quarter; the add-on logs as it ships.
    command = [program(environment, "uvicorn"), *arguments, "--port", str(port), "--no-access-log"]
    answers = f"http://127.0.0.1:{port}/"
    return start(stack, name, command, folder=folder, log=LOGS, answers=answers, port=port, settings=settings)


if __name__ == "__main__":
    sys.exit(main())

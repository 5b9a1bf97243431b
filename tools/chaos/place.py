"""Where it storms: one process on SQLite; on PostgreSQL two that serve and three workers, and a server of their own."""

import asyncio
import secrets
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tools.chaos.host import Host
from tools.chaos.postgres import own_postgres
from tools.chaos.storm import Outcome, Plan, Storm
from tools.chaos.victims import Victim
from tools.environments import without_outer_environment
from tools.failure import StepError
from tools.servers import free_port

DATABASES = ("sqlite", "postgresql")
ROOMS = 20
WEBS, WORKERS = 2, 3
PORTS = (20_000, 32_000)
SERVES = ("-m", "uvicorn", "app.main:app", "--no-access-log")
WORKS = ("-m", "app.connect.cli", "worker")


def storm(database: str, plan: Plan, *, project: Path, python: str, folder: Path, logs: Path) -> Outcome:
    """Let it storm on one database, with a project as it ships; `folder` is for the database."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        server = None
        if database == "postgresql":
            server = stack.enter_context(own_postgres(python, project, folder / "postgres"))
        kinds = [("web", SERVES)] if server is None else [*[("web", SERVES)] * WEBS, *[("worker", WORKS)] * WORKERS]
        # Below those that a system takes for connections: a port must be free still when its process comes back.
        ports = [free_port(PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])) for _ in kinds]
        settings = {
            "BASE_URL": f"http://127.0.0.1:{ports[0]}",
            "DATABASE_URL": f"sqlite:///{folder / 'chaos.db'}" if server is None else server.url,
            "RUN_HANDLERS": "yes" if server is None else "no",
            "SECRET_KEYS": secrets.token_urlsafe(48),
            "PYTHONPATH": str(project),
        }
        migrate(project, python, settings)
        victims = [
            Victim(
                name=f"{database}-{kind}-{port}",
                command=[python, *command, "--port", str(port)],
                port=port,
                folder=project,
                logs=logs,
                settings=settings,
            )
            for (kind, command), port in zip(kinds, ports, strict=True)
        ]
        one = Storm(
            plan,
            Host(free_port(0), ROOMS),
            webs=[victim for victim, (kind, _) in zip(victims, kinds, strict=True) if kind == "web"],
            victims=victims,
            base_url=settings["BASE_URL"],
            restart=None if server is None else server.restart,
        )
        return asyncio.run(one.run())


def migrate(project: Path, python: str, settings: Mapping[str, str]) -> None:
    """Make the tables of an add-on in the database that the settings name."""
    done = subprocess.run(
        [python, "-m", "app.connect.cli", "migrate"],
        cwd=project,
        env={**without_outer_environment(), **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise StepError("the schema could not be made", seen=done.stdout + done.stderr, hint="run `make test` first")

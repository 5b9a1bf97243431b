"""Where the figures of events are taken: databases of each kind, and servers of one project on them."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.bench.processes import Measured, start
from tools.chaos.place import migrate
from tools.chaos.postgres import own_postgres
from tools.environments import program, without_outer_environment
from tools.servers import free_port

DATABASES = ("sqlite", "postgresql")
HERE = Path(__file__).parent
CREATE = "import sys; from tests.support.postgres import create_database; print(create_database(*sys.argv[1:]))"


@dataclass
class Ground:
    """A project and its environment; whatever is started on it ends with it."""

    project: Path
    environment: Path
    folder: Path
    logs: Path
    stack: ExitStack

    here = HERE

    @cached_property
    def _postgres(self) -> str:
        python = program(self.environment, "python")
        return self.stack.enter_context(own_postgres(python, self.project, self.folder / "postgres")).url

    def run(self, *arguments: str, **settings: str) -> str:
        """Run Python in the project's environment and folder, and return what it prints."""
        ran = subprocess.run(
            [program(self.environment, "python"), *arguments],
            check=True,
            cwd=self.project,
            stdout=subprocess.PIPE,
            text=True,
            env={**without_outer_environment(), "PYTHONPATH": str(self.project), **settings},
        )
        return ran.stdout.strip()

    def settings(self, database: str, name: str) -> dict[str, str]:
        """Make a database with the add-on's tables; return what an add-on on it is told."""
        url = f"sqlite:///{self.folder / f'{name}.db'}"
        if database == "postgresql":
            url = self.run("-c", CREATE, self._postgres, name)
        settings = {"DATABASE_URL": url, "SECRET_KEYS": secrets.token_urlsafe(48), "LOG_LEVEL": "INFO"}
        migrate(self.project, program(self.environment, "python"), settings)
        return settings

    def serve(self, name: str, app: str, settings: dict[str, str], *, ready: str = "/health/live") -> Measured:
        """Start a server of an app of the project or of this folder, with its log as it ships."""
        port = free_port(0)
        python = program(self.environment, "python")
        command = [python, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
        given = {**settings, "BASE_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": f"{self.project}:{HERE}"}
        answers = f"http://127.0.0.1:{port}{ready}"
        return start(
            self.stack, name, command, folder=self.project, log=self.logs, answers=answers, port=port, settings=given
        )

    def work(self, name: str, settings: dict[str, str]) -> Measured:
        """Start a process that only runs handlers."""
        port = free_port(0)
        command = [program(self.environment, "python"), "-m", "app.connect.cli", "worker", "--port", str(port)]
        given = {**settings, "BASE_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": str(self.project)}
        answers = f"http://127.0.0.1:{port}/health/ready"
        return start(
            self.stack, name, command, folder=self.project, log=self.logs, answers=answers, port=port, settings=given
        )


@contextmanager
def ground(project: Path, environment: Path, folder: Path, logs: Path) -> Iterator[Ground]:
    """Give what the figures are taken on."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        yield Ground(project, environment, folder, logs, stack)

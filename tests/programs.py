"""Runs Python in projects, as their users do."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMAND = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
MYPY = ["-m", "mypy"]
QUIETLY = ["-m", "pytest", "-q", "--no-postgres", "-p", "no:cacheprovider"]
CHECKS = {
    "starts": ["-c", "import app.main; app.main.app"],
    "addon check": ["-c", COMMAND, "check"],
    "devhost starts": ["-c", "from devhost.testing import Devhost; Devhost()"],
    "ruff check": ["-m", "ruff", "check", "--no-cache", "."],
    "ruff format": ["-m", "ruff", "format", "--no-cache", "--check", "."],
    "mypy": MYPY,
    "tests": QUIETLY,
}


class Python:
    """A Python with everything that a project installs.

    What it compiled and what mypy found out is kept in `kept` for whoever asks next, in this process or beside it:
    projects are much alike, and in a project itself no file may be too many.
    """

    def __init__(self, path: str, kept: Path) -> None:
        self.path = path
        self._kept = kept

    def run(self, project: Path, *arguments: str) -> str:
        """Run it in a project and return what it said; it must succeed."""
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": str(self._kept / "compiled"),
            "MYPY_CACHE_DIR": str(self._kept / "mypy"),
        }
        with self._turn("mypy" in arguments):
            done = subprocess.run(
                [self.path, *arguments], cwd=project, env=environment, check=False, capture_output=True, text=True
            )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:  # noqa: FBT001 - private
        """Let one mypy at a time use what is kept, which two would spoil."""
        if not alone:
            yield
            return
        with (self._kept / "mypy.turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield


def kept_by_all(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one run share."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "kept"
    folder.mkdir(exist_ok=True)
    return folder

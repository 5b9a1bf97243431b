"""Covers `addon new` in a project as it is made: the example leaves without a trace, and what is left works."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Bake

YOURS = ("app/addon", "migrations", "tests/addon", "addon.toml")
COMMAND = "import sys; from app.connect.cli import main; sys.exit(main(sys.argv[1:]))"
SERVE_ONCE = """
import asyncio
from app.main import create_app

async def serve_once():
    app = create_app()
    async with app.router.lifespan_context(app):
        print("serving")

asyncio.run(serve_once())
"""
CHECKS = {
    "starts": ["-c", SERVE_ONCE],
    "addon check": ["-c", COMMAND, "check"],
    "tests": ["-m", "pytest", "-q", "--no-postgres", "-p", "no:cacheprovider"],
    "ruff check": ["-m", "ruff", "check", "--no-cache", "app/addon", "tests/addon"],
    "ruff format": ["-m", "ruff", "format", "--no-cache", "--check", "app/addon", "tests/addon"],
    "starts again": ["-c", SERVE_ONCE],
}


def run(python: str, project: Path, arguments: list[str]) -> str:
    """Run Python in a project as its user does; it must succeed."""
    done = subprocess.run(
        [python, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def emptied(bake: Bake, project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of another name than the example's, after the command."""
    project = bake(tmp_path_factory.mktemp("new"), name="Karma", description="Counts thanks")
    said = run(project_python, project, ["-c", COMMAND, "new", "--yes"])
    assert "Removed the example" in said
    return project


class TestAddonNew:
    @pytest.mark.parametrize("check", list(CHECKS))
    def test_leaves_what_works(self, emptied: Path, project_python: str, check: str) -> None:
        assert run(project_python, emptied, CHECKS[check])

    def test_leaves_no_trace(self, emptied: Path) -> None:
        found = [path for name in YOURS for path in [emptied / name, *(emptied / name).rglob("*")] if path.is_file()]
        assert len(found) >= 5
        naming = [path.name for path in found if "build" in path.read_text(encoding="utf-8").lower()]
        assert naming == []
        assert [path.name for path in found if "build" in path.name] == []

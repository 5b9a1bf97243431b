"""Covers `addon new` in a project as it is made: the example leaves without a trace, and what is left works."""

from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.programs import COMMAND, QUIETLY, Python

YOURS = ("app/addon", "migrations", "tests/addon", "addon.toml")
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
    "tests": QUIETLY,
    "ruff check": ["-m", "ruff", "check", "--no-cache", "app/addon", "tests/addon"],
    "ruff format": ["-m", "ruff", "format", "--no-cache", "--check", "app/addon", "tests/addon"],
    "starts again": ["-c", SERVE_ONCE],
}


@pytest.fixture(scope="module")
def emptied(bake: Bake, python: Python, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of another name than the example's, after the command."""
    project = bake(tmp_path_factory.mktemp("new"), name="Karma", description="Counts thanks")
    said = python.run(project, "-c", COMMAND, "new", "--yes")
    assert "Removed the example" in said
    return project


class TestAddonNew:
    @pytest.mark.parametrize("check", list(CHECKS))
    def test_leaves_what_works(self, emptied: Path, python: Python, check: str) -> None:
        assert python.run(emptied, *CHECKS[check])

    def test_leaves_no_trace(self, emptied: Path) -> None:
        found = [path for name in YOURS for path in [emptied / name, *(emptied / name).rglob("*")] if path.is_file()]
        assert len(found) >= 5
        naming = [path.name for path in found if "build" in path.read_text(encoding="utf-8").lower()]
        assert naming == []
        assert [path.name for path in found if "build" in path.name] == []

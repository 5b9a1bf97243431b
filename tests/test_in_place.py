"""Covers the template folder as a working project: its tools run inside it before any answer is filled in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.export import export
from tools.paths import REPOSITORY, TEMPLATE

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache", "."],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "."],
    "mypy": ["mypy"],
    "pytest": ["pytest", "-p", "no:cacheprovider", "--collect-only", "--quiet"],
}


@pytest.fixture(scope="module")
def ungenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template folder in an export of its own, since tools leave their caches in it."""
    return export(tmp_path_factory.mktemp("in-place") / "connect-template") / TEMPLATE


def run(python: str, arguments: list[str], folder: Path, *, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python module in `folder` and return what it said."""
    return subprocess.run(
        [python, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MYPY_CACHE_DIR": str(cache)},
        check=False,
        capture_output=True,
        text=True,
    )


class TestUngeneratedProject:
    @pytest.mark.parametrize("check", list(CHECKS))
    def test_passes(self, ungenerated: Path, project_python: str, mypy_cache: Path, check: str) -> None:
        done = run(project_python, CHECKS[check], ungenerated, cache=mypy_cache)
        assert done.returncode == 0, done.stdout + done.stderr


class TestGeneratedProject:
    @pytest.mark.parametrize("project", ["default_project", "full_project"])
    @pytest.mark.parametrize("check", [name for name in CHECKS if name != "pytest"])
    def test_passes(
        self, request: pytest.FixtureRequest, project_python: str, mypy_cache: Path, project: str, check: str
    ) -> None:
        done = run(project_python, CHECKS[check], request.getfixturevalue(project), cache=mypy_cache)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_every_python_file_compiles(self, default_project: Path, project_python: str, tmp_path: Path) -> None:
        command = ["compileall", "-q", "app", "devhost", "migrations", "tests"]
        done = subprocess.run(
            [project_python, "-X", f"pycache_prefix={tmp_path}", "-m", *command],
            cwd=default_project,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


class TestOwnCode:
    @pytest.mark.parametrize("check", ["ruff check", "ruff format", "mypy"])
    def test_passes(self, tmp_path: Path, check: str) -> None:
        done = run(sys.executable, CHECKS[check], REPOSITORY, cache=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

"""Copies of the project that a test may take apart."""

import shutil
import subprocess
import sys
from pathlib import Path

from app.connect.application import ROOT
from tests.connect.database.projects import environment

FOLDERS = ("app", "devhost", "docs", "migrations", "tests/addon", "tests/support")
FILES = ("addon.toml", "alembic.ini", "pyproject.toml", "README.md", "tests/conftest.py", "tests/test_public_routes.py")


def copy_project(root: Path) -> Path:
    """Copy all that an add-on runs and is tested with, less the plumbing's own tests."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, root / file)
    return root


def run_in(root: Path, *arguments: str) -> str:
    """Run Python in a copy, on a SQLite database of its own, and return what it said; it must succeed."""
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, *arguments],
        cwd=root,
        env=environment(f"sqlite+aiosqlite:///{root}/addon.db"),
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_of(root: Path) -> set[str]:
    """List the files below a folder, with forward slashes."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}

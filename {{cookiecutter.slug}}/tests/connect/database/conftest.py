"""Databases without a table, and projects whose migrations a test may change."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.connect.application import ROOT
from app.connect.database.chains import CHAINS
from app.connect.database.engine import Database
from tests.connect.database.projects import Project


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    yield database
    await database.dispose()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project's migrations: newer code than ROOT once a revision is added."""
    root = tmp_path / "project"
    for chain in CHAINS:
        shutil.copytree(ROOT / chain.folder, root / chain.folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", root)
    return Project(root)

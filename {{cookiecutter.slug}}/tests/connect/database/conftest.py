"""Databases without a table, a library of two tenants, and projects whose migrations a test may change."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.application import ROOT
from app.connect.database.chains import CHAINS
from app.connect.database.engine import Database
from tests.connect.database.library import fill
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


@pytest.fixture
async def library(db: Database) -> Database:
    """Two tenants with books, the guard's subjects."""
    await fill(db)
    return db


@pytest.fixture
async def mine(library: Database) -> AsyncIterator[AsyncSession]:
    session = library.tenant_session("mine")
    yield session
    await session.close()


@pytest.fixture
async def alone(empty: Database) -> Database:
    """The library as it would be if the other tenant did not exist."""
    await fill(empty, with_theirs=False)
    return empty

"""The databases of the tests: migrated or empty, one for each test, on SQLite and on PostgreSQL."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.database.schema import migrate
from app.connect.work.dead import DeadEntries
from app.connect.work.rows import InboxRow
from tests.support.postgres import create_database, drop_database, running_postgres


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-postgres", action="store_true", help="leave out everything that needs PostgreSQL")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "one_database: what is tested is decided before any database is asked")
    config.addinivalue_line("markers", "on_postgresql: what is tested is there on PostgreSQL alone")
    config.addinivalue_line("markers", "both_databases: in a folder that calls `on_one_database`, this is about both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever touches the database on both kinds, unless its mark says that one shows it as well as two."""
    if "database_kind" in metafunc.fixturenames:
        alone = metafunc.config.getoption("--no-postgres") or metafunc.definition.get_closest_marker("one_database")
        kinds = ["sqlite"] if alone else ["sqlite", "postgresql"]
        if metafunc.definition.get_closest_marker("on_postgresql"):
            kinds = ["postgresql"]
        metafunc.parametrize("database_kind", kinds, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about PostgreSQL alone where there is none."""
    if config.getoption("--no-postgres"):
        left_out = [item for item in items if item.get_closest_marker("on_postgresql")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def on_one_database(metafunc: pytest.Metafunc) -> None:
    """Mark a test of a folder whose rooms write no SQL of their own, unless it says `both_databases`."""
    if not metafunc.definition.get_closest_marker("both_databases"):
        metafunc.definition.add_marker("one_database")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the whole run; each process of a parallel run has a folder of its own inside the run's."""
    own = tmp_path_factory.getbasetemp()
    with running_postgres(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as url:
        yield url


class _Templates:
    """Migrated databases to copy: migrating once a session is much quicker than once a test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sqlite: Path | None = None
        self._postgresql: str | None = None

    async def sqlite(self) -> Path:
        if self._sqlite is None:
            path = self._folder / "template.db"
            await _migrate(f"sqlite+aiosqlite:///{path}")
            self._sqlite = path
        return self._sqlite

    async def postgresql(self, server_url: str) -> str:
        if self._postgresql is None:
            name = f"template_{uuid.uuid4().hex}"
            await _migrate(with_driver(create_database(server_url, name)))
            self._postgresql = name
        return self._postgresql


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> _Templates:
    return _Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
async def database_url(
    database_kind: str, templates: _Templates, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """A migrated database of this test alone, once on SQLite and once on PostgreSQL."""
    if database_kind == "sqlite":
        path = tmp_path / "addon.db"
        shutil.copy(await templates.sqlite(), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server_url = request.getfixturevalue("postgres_url")
    name = f"test_{uuid.uuid4().hex}"
    yield with_driver(create_database(server_url, name, template=await templates.postgresql(server_url)))
    drop_database(server_url, name)


@pytest.fixture
async def empty_database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server_url = request.getfixturevalue("postgres_url")
    name = f"test_{uuid.uuid4().hex}"
    yield with_driver(create_database(server_url, name))
    drop_database(server_url, name)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.dispose()


async def dead_entries(database: Database) -> list[InboxRow]:
    """Return what failed for good."""
    return [row async for row in DeadEntries(database).find()]


def with_driver(url: str) -> str:
    """Name the driver in a `postgresql://` URL."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database, ROOT)
    await database.dispose()

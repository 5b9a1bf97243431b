"""What every test may ask for: a migrated database of each kind, the add-on running on it, and a host to talk to."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.connect.db import Database
from app.connect.inbox import InboxRow, Status
from app.connect.runtime import ROOT, Connect
from app.connect.schema import migrate
from app.connect.settings import Settings, load_settings
from app.connect.tenants import Tenant, TenantRow
from app.main import create_app
from devhost.installations import Installation
from devhost.testing import Devhost
from tests.postgres import create_database, drop_database, running_postgres

# No folder of found examples in the project, and no test that fails because a machine is slow.
hypothesis.settings.register_profile("addon", database=None, deadline=None)
hypothesis.settings.load_profile("addon")

ADDON = "http://127.0.0.1:8000"
DESCRIPTOR = f"{ADDON}/hipchat/capabilities.json"
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-postgres", action="store_true", help="leave out everything that needs PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever touches the database on both kinds."""
    if "database_kind" in metafunc.fixturenames:
        kinds = ["sqlite"] if metafunc.config.getoption("--no-postgres") else ["sqlite", "postgresql"]
        metafunc.parametrize("database_kind", kinds, scope="session")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's .env and environment out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


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


@pytest.fixture
def settings(database_url: str) -> Settings:
    return load_settings(_env_file=None, secret_keys=KEY, database_url=database_url, base_url=ADDON)


@pytest.fixture
async def devhost() -> AsyncIterator[Devhost]:
    async with Devhost() as host:
        yield host


@dataclass
class RunningAddon:
    """The add-on as it runs, served to the devhost, with a client for requests of a test's own."""

    app: FastAPI
    devhost: Devhost
    http: httpx.AsyncClient

    @property
    def connect(self) -> Connect:
        connect: Connect = self.app.state.connect
        return connect

    async def install(self, *, room_id: int | None = 1) -> Installation:
        """Install the add-on from the devhost and let it finish what that starts."""
        installation = await self.devhost.host.install(DESCRIPTOR, room_id=room_id)
        await self.settle()
        return installation

    async def settle(self) -> None:
        """Wait until everything accepted has run."""
        await self.connect.worker.drain()
        await self.devhost.host.settle()
        await self.connect.worker.drain()

    async def let_time_pass(self) -> None:
        """Let everything that waits become due, and every lease run out."""
        waiting = update(InboxRow).where(InboxRow.status == Status.NEW).values(due_at=0.0)
        running = update(InboxRow).where(InboxRow.status == Status.RUNNING).values(lease_until=0.0)
        async with self.connect.db.session() as session:
            await session.execute(waiting)
            await session.execute(running)

    async def tenant(self, installation: Installation) -> Tenant:
        """Return the tenant of an installation as it is in the database."""
        query = select(TenantRow).where(TenantRow.client_key == installation.client_id)
        async with self.connect.db.session() as session:
            return (await session.scalars(query)).one().view()

    async def api_token(self, installation: Installation) -> str:
        """Create an API token as a person would, on the settings page."""
        page = await self.devhost.host.open(installation.client_id, "configurable", room_id=1)
        page_token = page.text.partition('name="page-token" content="')[2].partition('"')[0]
        answer = await self.http.post("/hipchat/api-token", headers={"Authorization": f"JWT {page_token}"})
        token: str = answer.json()["token"]
        return token


@pytest.fixture
async def addon(settings: Settings, devhost: Devhost) -> AsyncIterator[RunningAddon]:
    """The add-on on a database of its own, beside a devhost that can reach it."""
    app = create_app(settings, transport=devhost.transport)
    devhost.serve(ADDON, app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDON) as http,
    ):
        yield RunningAddon(app, devhost, http)


def with_driver(url: str) -> str:
    """Name the driver in a `postgresql://` URL."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database, ROOT)
    await database.dispose()

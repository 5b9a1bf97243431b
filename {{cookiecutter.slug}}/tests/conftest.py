"""What every test may ask for: the add-on running on a database of its own, and a host to talk to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.connect.application import Connect
from app.connect.settings import Settings, load_settings
from app.connect.tenancy.tables import Tenant, TenantRow
from app.connect.work.inbox import InboxRow, Status
from app.main import create_app
from devhost.testing import Devhost
from devhost.world.installations import Installation

pytest_plugins = ["tests.support.databases"]

# No folder of found examples in the project, and no test that fails because a machine is slow.
hypothesis.settings.register_profile("addon", database=None, deadline=None)
hypothesis.settings.load_profile("addon")

ADDON = "http://127.0.0.1:8000"
DESCRIPTOR = f"{ADDON}/hipchat/capabilities.json"
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's .env and environment out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


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

"""A tenant in a database, its host over ASGI, and the clients that join them."""

import shutil
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from app.connect.database.engine import Database
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.oauth import ClientTokens
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.hosts.hipchat.outbound import HipChatOutbound
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import TokenManager
from app.connect.network.waiting import Patience
from app.connect.tenancy.tenant import Tenant
from devhost.testing import Devhost
from tests.connect.conftest import probed, showcase, start
from tests.hosts.hipchat.fake_host import FakeHost
from tests.hosts.hipchat.installs import OTHER, OtherHost
from tests.hosts.hipchat.joined import Joined, join
from tests.hosts.hipchat.tenants import ALL_SCOPES, Clock, store_tenant

__all__ = ["probed", "showcase", "start"]


class MigratedTemplates(Protocol):
    """The migrated databases of this test run."""

    async def sqlite(self) -> Path: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture
async def outbound(host: FakeHost) -> AsyncIterator[Outbound]:
    outbound = Outbound(production=True, transport=httpx.ASGITransport(host))
    yield outbound
    await outbound.aclose()


@pytest.fixture
async def database(templates: MigratedTemplates, tmp_path: Path) -> AsyncIterator[Database]:
    """Copy a migrated SQLite database: what the host is told does not depend on the kind."""
    path = tmp_path / "client.db"
    shutil.copy(await templates.sqlite(), path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.dispose()


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await store_tenant(database, base_url="https://api.host.example", client_key="client")


@pytest.fixture
async def tokens(database: Database, outbound: Outbound, clock: Clock) -> AsyncIterator[TokenManager]:
    async def read_secret(tenant: Tenant) -> str:
        return "secret"

    tokens = TokenManager(
        database=database,
        vault=Vault(["k" * 40]),
        source=HipChatOutbound(outbound, ClientTokens(outbound, clock=clock)),
        read_secret=read_secret,
        clock=clock,
        sleep=clock.sleep,
    )
    yield tokens
    await tokens.aclose()


Api = Callable[..., HipChatApi]


@pytest.fixture
def make_api(outbound: Outbound, tokens: TokenManager, tenant: Tenant, clock: Clock) -> Api:
    """Make the API core of an add-on that declared some scopes."""

    def make(scopes: Collection[str] = ALL_SCOPES) -> HipChatApi:
        patience = Patience(clock=clock, sleep=clock.sleep, jitter=lambda: 0.5)
        return HipChatApi(outbound, tokens, tenant, scopes_of_addon=scopes, patience=patience)

    return make


@pytest.fixture
def room(make_api: Api) -> RoomClient:
    return RoomClient(make_api(), "7")


@pytest.fixture
def group(make_api: Api) -> GroupClient:
    return GroupClient(make_api())


@pytest.fixture
def other_host(devhost: Devhost) -> OtherHost:
    """A host besides the devhost, which the add-on can reach."""
    host = OtherHost()
    devhost.transport.add(OTHER, host)
    return host


@pytest.fixture
async def joined(devhost: Devhost, database: Database, clock: Clock) -> AsyncIterator[Joined]:
    async with join(devhost, database, clock) as joined:
        yield joined

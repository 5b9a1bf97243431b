"""A tenant in a database, its host over ASGI, and the clients that join them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from app.connect.database.engine import Database
from app.connect.hosts.hipchat.client.api import HipChatApi
from app.connect.hosts.hipchat.client.group import GroupClient
from app.connect.hosts.hipchat.client.limits import Patience
from app.connect.hosts.hipchat.client.oauth import HipChatTokens
from app.connect.hosts.hipchat.client.room import RoomClient
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import Outbound
from app.connect.network.tokens import TokenManager
from app.connect.tenancy.tables import Tenant, TenantRow
from tests.connect.hipchat.fake_host import FakeHost

ALL_SCOPES = (
    "admin_group",
    "admin_room",
    "import_data",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
)


class MigratedTemplates(Protocol):
    """The migrated databases of this test run."""

    async def sqlite(self) -> Path: ...


class Clock:
    """Time that passes only when somebody sleeps; remembers for how long each one did."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


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


async def store_tenant(database: Database, *, base_url: str, client_key: str) -> Tenant:
    """Store the tenant of a host at `base_url`."""
    row = TenantRow(
        host="hipchat",
        client_key=client_key,
        state="installed",
        generation=1,
        sealed_secret=b"",
        origin=base_url,
        capabilities_url=f"{base_url}/v2/capabilities",
        api_url=f"{base_url}/v2/",
        token_url=f"{base_url}/v2/oauth/token",
        web_url=base_url,
        installed_at=0.0,
        changed_at=0.0,
    )
    async with database.session() as session:
        session.add(row)
    return row.view()


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
        source=HipChatTokens(outbound, clock=clock),
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

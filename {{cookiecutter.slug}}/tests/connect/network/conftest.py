"""Token managers that are processes of their own to each other: they share only the database and the host."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.network.tokens import TokenManager
from app.connect.tenancy.tenant import Tenant
from tests.connect.network.endpoint import Clock, TokenEndpoint
from tests.connect.rows import add_tenant

Process = Callable[..., TokenManager]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return TokenEndpoint()


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    async with db.session() as session:
        return await add_tenant(session, "client")


@pytest.fixture
async def process(db: Database, endpoint: TokenEndpoint, clock: Clock) -> AsyncIterator[Process]:
    """Start what is a process of its own to the others: it shares only the database and the host."""
    managers: list[TokenManager] = []

    async def read_secret(tenant: Tenant) -> str:
        return f"secret of {tenant.client_key}"

    def start(
        *,
        keys: tuple[str, ...] = ("k" * 40,),
        on_unknown_client: Callable[[Tenant], Awaitable[None]] | None = None,
    ) -> TokenManager:
        manager = TokenManager(
            database=db,
            vault=Vault(keys),
            source=endpoint,
            read_secret=read_secret,
            on_unknown_client=on_unknown_client,
            clock=clock,
            sleep=clock.sleep,
        )
        managers.append(manager)
        return manager

    yield start
    for manager in managers:
        await manager.aclose()

"""The token manager: one request per expiry, whoever asks, in one process or several."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

import pytest
from sqlalchemy import delete, select, update

from app.connect.database.engine import Database
from app.connect.errors import HostError
from app.connect.keys.sealing import Vault
from app.connect.network.fetch import HostUnavailable
from app.connect.network.token_rows import LEASE, AccessToken, TokenShelf
from app.connect.network.tokens import GrantedToken, TokenDenied, TokenManager, UnknownClient, fresh_for
from app.connect.tenancy.tables import Tenant, TenantRow

SCOPES = ("view_room", "send_notification")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class TokenEndpoint:
    """A host that gives numbered tokens, fails on demand, and remembers who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.expires_in: float = 3600.0
        self.failure: HostError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_asked = asyncio.Event()

    async def request_token(self, tenant: Tenant, *, secret: str, scopes: Collection[str]) -> GrantedToken:
        self.asked.append((secret, tuple(scopes)))
        number = len(self.asked)
        self.is_asked.set()
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return GrantedToken(access_token=f"token-{number}", expires_in=self.expires_in)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return TokenEndpoint()


@pytest.fixture
async def tenant(db: Database, clock: Clock) -> Tenant:
    row = TenantRow(
        host="hipchat",
        client_key="client",
        state="installed",
        generation=1,
        sealed_secret=b"",
        origin="https://api.host.example",
        capabilities_url="https://api.host.example/v2/capabilities",
        api_url="https://api.host.example/v2/",
        token_url="https://api.host.example/v2/oauth/token",
        web_url="https://www.host.example",
        installed_at=clock.now,
        changed_at=clock.now,
    )
    async with db.session() as session:
        session.add(row)
    return row.view()


def next_generation(tenant: Tenant) -> Tenant:
    fields = {name: getattr(tenant, name) for name in Tenant.__slots__}
    return Tenant(**{**fields, "generation": tenant.generation + 1})


Process = Callable[..., TokenManager]


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


class TestGetting:
    async def test_asks_the_host_with_the_secret_and_sorted_scopes(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        assert await process().get(tenant, SCOPES) == "token-1"
        assert endpoint.asked == [("secret of client", ("send_notification", "view_room"))]

    async def test_a_second_call_asks_nobody(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        tokens = process()
        assert await tokens.get(tenant, SCOPES) == await tokens.get(tenant, SCOPES) == "token-1"
        assert len(endpoint.asked) == 1

    async def test_the_order_of_scopes_does_not_matter(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        assert await tokens.get(tenant, SCOPES) == await tokens.get(tenant, [*reversed(SCOPES), "view_room"])

    async def test_other_scopes_have_another_token(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        assert await tokens.get(tenant, ("view_room",)) != await tokens.get(tenant, ("view_group",))

    async def test_another_process_takes_the_token_from_the_row(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        assert await process().get(tenant, SCOPES) == await process().get(tenant, SCOPES) == "token-1"
        assert len(endpoint.asked) == 1

    async def test_the_row_does_not_hold_the_token_in_clear(
        self, process: Process, tenant: Tenant, db: Database
    ) -> None:
        await process().get(tenant, SCOPES)
        async with db.session() as session:
            row = (await session.scalars(select(AccessToken))).one()
        assert row.sealed_token
        assert b"token-1" not in row.sealed_token

    async def test_a_token_sealed_with_a_retired_key_is_asked_for_again(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        await process(keys=("old" * 20,)).get(tenant, SCOPES)
        assert await process(keys=("new" * 20,)).get(tenant, SCOPES) == "token-2"
        assert len(endpoint.asked) == 2

    async def test_a_token_moved_to_another_tenants_row_is_not_used(
        self, process: Process, tenant: Tenant, db: Database, endpoint: TokenEndpoint
    ) -> None:
        await process().get(tenant, SCOPES)
        async with db.session() as session:
            original = (await session.scalars(select(TenantRow))).one()
            fields = {column.name: getattr(original, column.name) for column in TenantRow.__table__.columns}
            session.add(TenantRow(**{**fields, "id": "other", "client_key": "other"}))
            await session.flush()
            await session.execute(update(AccessToken).values(tenant_id="other"))
            other = await session.get_one(TenantRow, "other")
        assert await process().get(other.view(), SCOPES) == "token-2"


class TestExpiry:
    async def test_a_token_is_replaced_a_minute_before_its_end(
        self, process: Process, tenant: Tenant, clock: Clock
    ) -> None:
        tokens = process()
        await tokens.get(tenant, SCOPES)
        clock.now += 3539
        assert await tokens.get(tenant, SCOPES) == "token-1"
        clock.now += 1
        assert await tokens.get(tenant, SCOPES) == "token-2"

    async def test_a_token_of_five_seconds_is_used_for_four(
        self, process: Process, tenant: Tenant, clock: Clock, endpoint: TokenEndpoint
    ) -> None:
        endpoint.expires_in = 5.0
        tokens = process()
        await tokens.get(tenant, SCOPES)
        clock.now += 3.9
        assert await tokens.get(tenant, SCOPES) == "token-1"
        clock.now += 0.1
        assert await tokens.get(tenant, SCOPES) == "token-2"

    @pytest.mark.parametrize("expires_in", [0.0, -1.0, -1e300])
    async def test_a_token_without_a_life_serves_one_call(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, expires_in: float
    ) -> None:
        endpoint.expires_in = expires_in
        tokens = process()
        assert await tokens.get(tenant, SCOPES) == "token-1"
        assert await tokens.get(tenant, SCOPES) == "token-2"

    def test_no_life_is_believed_to_last_more_than_a_week(self) -> None:
        assert fresh_for(float("inf")) == 7 * 24 * 3600 - 60


class TestOneRequestPerExpiry:
    async def test_tasks_of_one_process_share_a_request(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        tokens = process()
        assert set(await asyncio.gather(*(tokens.get(tenant, SCOPES) for _ in range(50)))) == {"token-1"}
        assert len(endpoint.asked) == 1

    async def test_processes_share_a_request(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        processes = [process() for _ in range(4)]
        assert set(await asyncio.gather(*(one.get(tenant, SCOPES) for one in processes))) == {"token-1"}
        assert len(endpoint.asked) == 1

    async def test_processes_share_the_request_after_an_expiry(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, clock: Clock
    ) -> None:
        processes = [process() for _ in range(4)]
        await asyncio.gather(*(one.get(tenant, SCOPES) for one in processes))
        clock.now += 3600
        assert set(await asyncio.gather(*(one.get(tenant, SCOPES) for one in processes))) == {"token-2"}
        assert len(endpoint.asked) == 2

    async def test_one_error_reaches_every_task_that_waited(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        endpoint.failure = HostUnavailable()
        tokens = process()
        results = await asyncio.gather(*(tokens.get(tenant, SCOPES) for _ in range(10)), return_exceptions=True)
        assert all(isinstance(result, HostUnavailable) for result in results)
        assert len(endpoint.asked) == 1

    async def test_the_next_call_after_an_error_asks_again_at_once(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, clock: Clock
    ) -> None:
        endpoint.failure = HostUnavailable()
        tokens = process()
        with pytest.raises(HostUnavailable):
            await tokens.get(tenant, SCOPES)
        endpoint.failure = None
        before = clock.now
        assert await process().get(tenant, SCOPES) == "token-2"
        assert clock.now == before

    async def test_a_cancelled_task_does_not_take_the_token_from_the_others(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        endpoint.gate.clear()
        tokens = process()
        first = asyncio.create_task(tokens.get(tenant, SCOPES))
        await endpoint.is_asked.wait()
        second = asyncio.create_task(tokens.get(tenant, SCOPES))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        endpoint.gate.set()
        assert await second == "token-1"

    async def test_the_lease_of_a_killed_process_runs_out(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, clock: Clock, db: Database
    ) -> None:
        async with db.session() as session:
            session.add(
                AccessToken(
                    tenant_id=tenant.id,
                    scopes="send_notification view_room",
                    generation=tenant.generation,
                    refreshing_until=clock.now + LEASE,
                    refresher="killed",
                )
            )
        assert await process().get(tenant, SCOPES) == "token-1"
        assert len(endpoint.asked) == 1

    async def test_closing_stops_what_is_under_way(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        endpoint.gate.clear()
        tokens = process()
        waiting = asyncio.create_task(tokens.get(tenant, SCOPES))
        await endpoint.is_asked.wait()
        await tokens.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting


class TestInvalidation:
    async def test_a_refused_token_is_replaced_in_every_process(self, process: Process, tenant: Tenant) -> None:
        one, other = process(), process()
        token = await one.get(tenant, SCOPES)
        await one.invalidate(tenant, SCOPES, token)
        assert await one.get(tenant, SCOPES) == "token-2"
        assert await other.get(tenant, SCOPES) == "token-2"

    async def test_a_newer_token_stays(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        tokens = process()
        old = await tokens.get(tenant, SCOPES)
        await tokens.invalidate(tenant, SCOPES, old)
        await tokens.get(tenant, SCOPES)
        await tokens.invalidate(tenant, SCOPES, old)
        assert await tokens.get(tenant, SCOPES) == await process().get(tenant, SCOPES) == "token-2"
        assert len(endpoint.asked) == 2

    async def test_a_token_that_never_was_kept_can_be_invalidated(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        await tokens.invalidate(tenant, SCOPES, "unheard of")
        assert await tokens.get(tenant, SCOPES) == "token-1"


class TestGenerations:
    async def test_a_token_of_an_older_generation_is_never_used(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        await tokens.get(tenant, SCOPES)
        assert await tokens.get(next_generation(tenant), SCOPES) == "token-2"
        assert await process().get(next_generation(tenant), SCOPES) == "token-2"

    async def test_a_new_generation_does_not_wait_for_the_lease_of_an_older_one(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, clock: Clock
    ) -> None:
        endpoint.gate.clear()
        tokens = process()
        old = asyncio.create_task(tokens.get(tenant, SCOPES))
        await endpoint.is_asked.wait()
        endpoint.gate.set()
        before = clock.now
        assert await process().get(next_generation(tenant), SCOPES) == "token-2"
        assert clock.now == before
        assert await old == "token-1"
        assert await process().get(next_generation(tenant), SCOPES) == "token-2"

    async def test_work_of_an_older_generation_gets_no_token_of_the_newer(
        self, process: Process, tenant: Tenant
    ) -> None:
        await process().get(next_generation(tenant), SCOPES)
        with pytest.raises(TokenDenied, match="installed anew"):
            await process().get(tenant, SCOPES)


class TestShelf:
    """What two processes that interleave at the worst moment are kept from."""

    SCOPES = "view_room"

    @pytest.fixture
    def shelf(self, db: Database) -> TokenShelf:
        return TokenShelf(db, Vault(["k" * 40]))

    async def lease(self, shelf: TokenShelf, tenant: Tenant, now: float, *, generation: int = 1) -> str | None:
        return await shelf.lease(tenant.id, self.SCOPES, generation=generation, now=now)

    async def test_a_fresh_token_is_not_fetched_again(self, shelf: TokenShelf, tenant: Tenant) -> None:
        lease = await self.lease(shelf, tenant, 1000.0)
        assert lease
        await shelf.put(lease, tenant.id, "token", fresh_until=2000.0)
        await shelf.release(lease, tenant.id)
        assert await self.lease(shelf, tenant, 1999.0) is None
        assert await self.lease(shelf, tenant, 2000.0)

    async def test_only_one_lease_is_given(self, shelf: TokenShelf, tenant: Tenant) -> None:
        assert await self.lease(shelf, tenant, 1000.0)
        assert await self.lease(shelf, tenant, 1000.0 + LEASE - 1) is None
        assert await self.lease(shelf, tenant, 1000.0 + LEASE)

    async def test_a_lease_that_ran_out_stores_and_releases_nothing(self, shelf: TokenShelf, tenant: Tenant) -> None:
        late = await self.lease(shelf, tenant, 1000.0)
        assert late
        assert await self.lease(shelf, tenant, 1000.0 + LEASE)
        await shelf.put(late, tenant.id, "late", fresh_until=5000.0)
        await shelf.release(late, tenant.id)
        assert await shelf.read(tenant.id, self.SCOPES) is None
        assert await self.lease(shelf, tenant, 1000.0 + LEASE + 1) is None

    async def test_a_new_generation_empties_the_row(self, shelf: TokenShelf, tenant: Tenant) -> None:
        lease = await self.lease(shelf, tenant, 1000.0)
        assert lease
        await shelf.put(lease, tenant.id, "old", fresh_until=5000.0)
        assert await self.lease(shelf, tenant, 1001.0, generation=2)
        assert await shelf.read(tenant.id, self.SCOPES) is None

    async def test_an_older_generation_gets_no_lease(self, shelf: TokenShelf, tenant: Tenant) -> None:
        assert await self.lease(shelf, tenant, 1000.0, generation=2)
        assert await self.lease(shelf, tenant, 9000.0, generation=1) is None


class TestUninstalledTenants:
    async def test_an_unknown_client_is_reported_once_and_raised_to_all(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        reported: list[Tenant] = []

        async def report(gone: Tenant) -> None:
            reported.append(gone)

        endpoint.failure = UnknownClient()
        tokens = process(on_unknown_client=report)
        results = await asyncio.gather(*(tokens.get(tenant, SCOPES) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(result, UnknownClient) for result in results)
        assert reported == [tenant]

    async def test_a_tenant_without_a_row_gets_no_token(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, db: Database
    ) -> None:
        async with db.session() as session:
            await session.execute(delete(TenantRow))
        with pytest.raises(TokenDenied, match="no longer installed"):
            await process().get(tenant, SCOPES)
        assert endpoint.asked == []

    async def test_the_rows_go_with_the_tenant(self, process: Process, tenant: Tenant, db: Database) -> None:
        await process().get(tenant, SCOPES)
        async with db.session() as session:
            await session.execute(delete(TenantRow))
            assert (await session.scalars(select(AccessToken))).all() == []

    async def test_a_forgotten_tenant_is_not_remembered_in_this_process(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint, db: Database
    ) -> None:
        tokens = process()
        await tokens.get(tenant, SCOPES)
        tokens.forget(tenant.id)
        async with db.session() as session:
            await session.execute(delete(AccessToken))
        assert await tokens.get(tenant, SCOPES) == "token-2"


class TestSecrecy:
    def test_a_granted_token_does_not_show_itself(self) -> None:
        assert "token-1" not in repr(GrantedToken(access_token="token-1", expires_in=1.0))

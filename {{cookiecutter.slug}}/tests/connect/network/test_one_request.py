"""One request for a token per expiry, whoever asks, in one process or several."""

import asyncio

import pytest

from app.connect.database.engine import Database
from app.connect.network.fetch import HostUnavailable
from app.connect.network.token_rows import LEASE, AccessToken
from app.connect.tenancy.tenant import Tenant
from tests.connect.network.conftest import Process
from tests.connect.network.endpoint import SCOPES, Clock, TokenEndpoint


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
                    installation_id=tenant.installation_id,
                    wanted=SCOPES.key,
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

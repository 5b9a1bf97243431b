"""When a token is used no more: refused, of an older generation, or of a tenant that is gone."""

import asyncio

import pytest
from sqlalchemy import delete, select

from app.connect.database.engine import Database
from app.connect.network.token_rows import AccessToken
from app.connect.network.tokens import GrantedToken, TokenDenied, UnknownClient
from app.connect.tenancy.tables import TenantRow
from app.connect.tenancy.tenant import Tenant
from tests.connect.network.conftest import Process
from tests.connect.network.endpoint import SCOPES, Clock, TokenEndpoint, next_generation


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

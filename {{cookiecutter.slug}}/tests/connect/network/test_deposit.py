"""Tokens that a host pushes along with a request: they are used, unless a fresh one is there already."""

import asyncio

import pytest
from sqlalchemy import delete, select

from app.connect.database.engine import Database
from app.connect.network.token_rows import AccessToken
from app.connect.network.tokens import GrantedToken, TokenDenied, Wanted
from app.connect.tenancy.tables import TenantRow
from app.connect.tenancy.tenant import Tenant
from tests.connect.network.conftest import Process
from tests.connect.network.endpoint import SCOPES, Clock, TokenEndpoint, next_generation

PUSHED = GrantedToken("pushed", 3600.0)


class TestDeposit:
    async def test_is_used_instead_of_asking(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        tokens = process()
        await tokens.deposit(tenant, SCOPES, PUSHED)
        assert await tokens.get(tenant, SCOPES) == "pushed"
        assert endpoint.asked == []

    async def test_is_used_by_another_process(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        await process().deposit(tenant, SCOPES, PUSHED)
        assert await process().get(tenant, SCOPES) == "pushed"
        assert endpoint.asked == []

    async def test_lies_sealed_in_its_row(self, process: Process, tenant: Tenant, db: Database) -> None:
        await process().deposit(tenant, SCOPES, PUSHED)
        async with db.session() as session:
            row = (await session.scalars(select(AccessToken))).one()
        assert row.sealed_token
        assert b"pushed" not in row.sealed_token
        assert row.refresher is None

    async def test_is_for_what_it_was_pushed_for(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        await tokens.deposit(tenant, Wanted(SCOPES.scopes, user_id="1"), PUSHED)
        assert await tokens.get(tenant, SCOPES) == "token-1"
        assert await tokens.get(tenant, Wanted(SCOPES.scopes, user_id="2")) == "token-2"

    async def test_leaves_a_fresh_one_in_its_place(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        tokens = process()
        await tokens.get(tenant, SCOPES)
        await tokens.deposit(tenant, SCOPES, PUSHED)
        assert await tokens.get(tenant, SCOPES) == await process().get(tenant, SCOPES) == "token-1"

    async def test_leaves_a_fresh_one_of_another_process_in_its_row(self, process: Process, tenant: Tenant) -> None:
        await process().get(tenant, SCOPES)
        await process().deposit(tenant, SCOPES, PUSHED)
        assert await process().get(tenant, SCOPES) == "token-1"

    async def test_takes_the_place_of_one_that_is_over(
        self, process: Process, tenant: Tenant, clock: Clock, endpoint: TokenEndpoint
    ) -> None:
        tokens = process()
        await tokens.get(tenant, SCOPES)
        clock.now += 3600
        await tokens.deposit(tenant, SCOPES, PUSHED)
        assert await tokens.get(tenant, SCOPES) == await process().get(tenant, SCOPES) == "pushed"
        assert len(endpoint.asked) == 1

    async def test_ends_as_others_do(self, process: Process, tenant: Tenant, clock: Clock) -> None:
        tokens = process()
        await tokens.deposit(tenant, SCOPES, PUSHED)
        clock.now += 3539
        assert await tokens.get(tenant, SCOPES) == "pushed"
        clock.now += 1
        assert await tokens.get(tenant, SCOPES) == "token-1"

    async def test_of_an_older_generation_is_never_used(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        tokens = process()
        await tokens.deposit(tenant, SCOPES, PUSHED)
        for manager in (tokens, process()):
            assert await manager.get(next_generation(tenant), SCOPES) == "token-1"

    async def test_of_an_older_generation_that_comes_late_is_never_used(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        await process().get(next_generation(tenant), SCOPES)
        await tokens.deposit(tenant, SCOPES, PUSHED)
        for manager in (tokens, process()):
            assert await manager.get(next_generation(tenant), SCOPES) == "token-1"
            with pytest.raises(TokenDenied, match="installed anew"):
                await manager.get(tenant, SCOPES)

    async def test_of_a_newer_generation_takes_the_place_of_an_older_one(
        self, process: Process, tenant: Tenant
    ) -> None:
        await process().get(tenant, SCOPES)
        await process().deposit(next_generation(tenant), SCOPES, PUSHED)
        assert await process().get(next_generation(tenant), SCOPES) == "pushed"

    async def test_at_once_in_two_processes_leaves_one_row(
        self, process: Process, tenant: Tenant, db: Database
    ) -> None:
        managers = [process() for _ in range(4)]
        tokens = [GrantedToken(f"pushed-{number}", 3600.0) for number in range(4)]
        await asyncio.gather(*(one.deposit(tenant, SCOPES, token) for one, token in zip(managers, tokens, strict=True)))
        async with db.session() as session:
            assert len((await session.scalars(select(AccessToken))).all()) == 1
        assert (await process().get(tenant, SCOPES)).startswith("pushed-")

    async def test_of_a_tenant_that_is_gone_is_forgotten_quietly(
        self, process: Process, tenant: Tenant, db: Database
    ) -> None:
        async with db.session() as session:
            await session.execute(delete(TenantRow))
        tokens = process()
        await tokens.deposit(tenant, SCOPES, PUSHED)
        with pytest.raises(TokenDenied, match="no longer installed"):
            await tokens.get(tenant, SCOPES)


class TestSecrecy:
    def test_a_granted_token_does_not_show_itself(self) -> None:
        assert "token-1" not in repr(GrantedToken(access_token="token-1", expires_in=1.0))

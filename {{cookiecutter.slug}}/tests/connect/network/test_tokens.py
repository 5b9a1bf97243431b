"""The token manager: what it gives to whom, and for how long."""

import pytest
from sqlalchemy import select, update

from app.connect.database.engine import Database
from app.connect.network.token_rows import AccessToken
from app.connect.network.tokens import Wanted, fresh_for
from app.connect.tenancy.tenant import Tenant
from tests.connect.network.conftest import Process
from tests.connect.network.endpoint import SCOPES, Clock, TokenEndpoint
from tests.connect.rows import add_tenant


class TestGetting:
    async def test_asks_the_host_with_the_secret_and_sorted_scopes(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        assert await process().get(tenant, SCOPES) == "token-1"
        assert endpoint.asked == [("secret of client", SCOPES)]
        assert SCOPES.key == "send_notification view_room"

    async def test_a_second_call_asks_nobody(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        tokens = process()
        assert await tokens.get(tenant, SCOPES) == await tokens.get(tenant, SCOPES) == "token-1"
        assert len(endpoint.asked) == 1

    async def test_the_order_of_scopes_does_not_matter(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        again = Wanted(frozenset(("send_notification", "view_room", "send_notification")))
        assert await tokens.get(tenant, SCOPES) == await tokens.get(tenant, again)

    async def test_other_scopes_have_another_token(self, process: Process, tenant: Tenant) -> None:
        tokens = process()
        room, group = (Wanted(frozenset({scope})) for scope in ("view_room", "view_group"))
        assert await tokens.get(tenant, room) != await tokens.get(tenant, group)

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
            other = await add_tenant(session, "other")
            await session.execute(update(AccessToken).values(tenant_id="other", installation_id="other"))
        assert await process().get(other, SCOPES) == "token-2"


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


class TestUsers:
    """A token for a user is that user's alone."""

    async def test_each_has_a_token_of_its_own(self, process: Process, tenant: Tenant, endpoint: TokenEndpoint) -> None:
        tokens = process()
        wanted = [SCOPES, Wanted(SCOPES.scopes, user_id="1"), Wanted(SCOPES.scopes, user_id="2")]
        assert [await tokens.get(tenant, one) for one in wanted] == ["token-1", "token-2", "token-3"]
        assert [await tokens.get(tenant, one) for one in wanted] == ["token-1", "token-2", "token-3"]
        assert [one for _, one in endpoint.asked] == wanted

    async def test_each_has_its_own_in_another_process(
        self, process: Process, tenant: Tenant, endpoint: TokenEndpoint
    ) -> None:
        wanted = [SCOPES, Wanted(SCOPES.scopes, user_id="1"), Wanted(SCOPES.scopes, user_id="2")]
        first, second = process(), process()
        given = [await first.get(tenant, one) for one in wanted]
        assert [await second.get(tenant, one) for one in wanted] == given
        assert len(endpoint.asked) == 3

    async def test_a_refused_one_is_replaced_for_its_user_alone(self, process: Process, tenant: Tenant) -> None:
        one, two = (Wanted(SCOPES.scopes, user_id=user) for user in ("1", "2"))
        tokens = process()
        refused, kept = await tokens.get(tenant, one), await tokens.get(tenant, two)
        await tokens.invalidate(tenant, one, refused)
        assert await tokens.get(tenant, two) == kept
        assert await tokens.get(tenant, one) == "token-3"

    def test_no_scopes_are_the_name_of_a_user(self) -> None:
        keys = {
            Wanted().key,
            Wanted(user_id="").key,
            Wanted(user_id="view_room").key,
            Wanted(frozenset({"view_room"})).key,
            Wanted(frozenset({"view_room"}), user_id="view_room").key,
            Wanted(frozenset({"as", "view_room"})).key,
        }
        assert len(keys) == 6

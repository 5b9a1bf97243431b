"""API tokens: how a tenant's own programs get in, and when they no longer do."""

import time

import httpx
import pytest
from sqlalchemy import event, select

from app.connect.api_tokens.keeping import MOST_TOKENS, ApiTokens
from app.connect.api_tokens.spelling import complete
from app.connect.api_tokens.table import ApiToken
from app.connect.database.store import TenantStore
from app.connect.errors import Busy, ConnectError, NoApiToken
from app.connect.tenancy.misses import PER_SECOND
from app.connect.tenancy.tenant import Resumed, Suspended
from devhost.world.installations import Installation
from tests.connect.asking import header, install_again, page_token
from tests.connect.pages.reading import open_page
from tests.support.running import RunningAddon


def heard_of(addon: RunningAddon) -> list[str]:
    """Return a list that fills with the statements about API tokens."""
    heard: list[str] = []
    event.listen(
        addon.parts.database.engine.sync_engine,
        "before_cursor_execute",
        lambda *given: heard.append(given[2]) if "api_tokens" in given[2] else None,
    )
    return heard


class TestApiTokens:
    REPORT = {"name": "web", "number": 1}

    async def call(self, addon: RunningAddon, token: str) -> int:
        bearer = {"Authorization": f"Bearer {token}"}
        return (await addon.http.post("/showcase/report", json=self.REPORT, headers=bearer)).status_code

    async def create(self, addon: RunningAddon, installation: Installation) -> httpx.Response:
        return await addon.http.post("/hipchat/api-token", headers=header(await page_token(addon, installation, "")))

    async def revoke(self, addon: RunningAddon, installation: Installation) -> httpx.Response:
        return await addon.http.post(
            "/hipchat/api-token/revoke", headers=header(await page_token(addon, installation, ""))
        )

    async def test_created_one_lets_a_program_in(self, showcase: RunningAddon) -> None:
        created = await self.create(showcase, await showcase.install())
        assert created.status_code == 201
        assert created.json()["token_count"] == 1
        assert await self.call(showcase, created.json()["token"]) == 201

    async def test_is_shown_this_once_and_kept_as_a_digest(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        page = (await open_page(showcase, installation)).text
        assert token not in page
        assert "<strong data-token-count>1</strong>" in page
        async with showcase.parts.database.session() as session:
            [row] = (await session.scalars(select(ApiToken))).all()
        assert token not in repr(vars(row))
        assert (row.place, row.created_by) == ("1", "1")

    async def test_revoked_ones_let_nobody_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        tokens = [(await self.create(showcase, installation)).json()["token"] for _ in range(2)]
        assert [await self.call(showcase, token) for token in tokens] == [201, 201]
        assert (await self.revoke(showcase, installation)).json()["token_count"] == 0
        assert [await self.call(showcase, token) for token in tokens] == [401, 401]

    async def test_one_tenant_cannot_revoke_those_of_another(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        token = (await self.create(showcase, lobby)).json()["token"]
        await self.revoke(showcase, group)
        assert await self.call(showcase, token) == 201

    async def test_acts_for_the_tenant_that_made_it(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        assert await self.call(showcase, (await self.create(showcase, lobby)).json()["token"]) == 201
        stores = [
            await TenantStore(showcase.parts.database, (await showcase.tenant(installation)).id).get("report")
            for installation in (lobby, group)
        ]
        assert stores[0]["name"] == "web"
        assert stores[1] is None

    async def test_of_an_uninstalled_tenant_lets_nobody_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await self.call(showcase, token) == 401

    async def test_of_an_earlier_installation_let_nobody_in_and_count_no_more(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        await install_again(showcase, installation)
        assert await self.call(showcase, token) == 401
        created = (await self.create(showcase, installation)).json()
        assert created["token_count"] == 1
        assert await self.call(showcase, created["token"]) == 201

    async def test_end_at_a_hundred_with_a_way_out(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        page = header(await page_token(showcase, installation, ""))
        answers = [await showcase.http.post("/hipchat/api-token", headers=page) for _ in range(MOST_TOKENS + 1)]
        assert [answer.status_code for answer in answers] == [201] * MOST_TOKENS + [429]
        assert "Revoke one" in answers[-1].json()["error"]["message"]

    @pytest.mark.parametrize(
        "token", ["", "addon_", "addon_" + "x" * 43, complete("x" * 43), "x", "addon_\u00e4", "Bearer"]
    )
    async def test_unknown_ones_are_refused_like_unsigned_requests(self, showcase: RunningAddon, token: str) -> None:
        bearer = {b"Authorization": f"Bearer {token}".encode()}
        answer = await showcase.http.post("/showcase/report", json=self.REPORT, headers=bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")

    async def test_made_up_by_a_stranger_cost_few_queries_and_are_put_off(self, showcase: RunningAddon) -> None:
        good = (await self.create(showcase, await showcase.install())).json()["token"]
        tokens = ApiTokens(showcase.parts.database, showcase.parts.vault, clock=lambda: 0.0)
        await tokens.verify(good)
        queries = heard_of(showcase)
        refused = [await self.refusal(tokens, complete(f"{number:043}")) for number in range(PER_SECOND + 50)]
        assert refused == [NoApiToken] * PER_SECOND + [Busy] * 50
        assert len(queries) == PER_SECOND
        # Whoever has one that was good before is let in all the same.
        assert (await tokens.verify(good)).caller.place == "1"

    async def refusal(self, tokens: ApiTokens, token: str) -> type[ConnectError]:
        with pytest.raises(ConnectError) as refused:
            await tokens.verify(token)
        return type(refused.value)

    async def test_asked_for_again_and_again_cost_one_query_a_second(self, showcase: RunningAddon) -> None:
        queries = heard_of(showcase)
        started = time.monotonic()
        answers = {await self.call(showcase, complete("z" * 43)) for _ in range(100)}
        assert answers == {401}
        assert 1 <= len(queries) <= 2 + time.monotonic() - started

    async def test_of_a_tenant_that_is_taken_up_again_work_at_once(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        tenant = await showcase.tenant(installation)
        await showcase.parts.lifecycle.apply(tenant.host, Suspended(tenant.client_key))
        assert await self.call(showcase, token) == 401
        await showcase.parts.lifecycle.apply(tenant.host, Resumed(tenant.client_key))
        assert await self.call(showcase, token) == 201

"""How long a token lives, and when it was last used."""

import json
import time
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app.connect.access.expired import erase_expired
from app.connect.access.managing import ManagedTokens
from app.connect.access.wishes import Wish
from app.connect.api_tokens.keeping import USE_IS_NOTED
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import AccessRefused
from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Database
from app.connect.errors import NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tenant import Caller, Tenant
from tests.connect.rows import add_tenant

OLD, NEW = (f"{name}-0123456789abcdefghijklmnopqrstuvwxyz" for name in ("old", "new"))


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    async with db.session() as session:
        return await add_tenant(session, "tenant")


@pytest.fixture
def tokens(db: Database) -> ManagedTokens:
    return ManagedTokens(db, Vault([OLD]))


async def change(db: Database, **values: Any) -> None:
    """Let time have passed for every token."""
    async with db.session() as session:
        await session.execute(update(ApiToken).values(values))


async def column(db: Database, name: str) -> list[Any]:
    async with db.session() as session:
        return list(await session.scalars(select(getattr(ApiToken, name)).order_by(ApiToken.id)))


class TestExpiry:
    async def test_ends_a_token_whether_or_not_it_was_swept(
        self, db: Database, tokens: ManagedTokens, tenant: Tenant
    ) -> None:
        issued = await tokens.issue(Principal(tenant, Caller("1")), Wish(expires_in=60))
        assert issued.facts.expires_at == pytest.approx(time.time() + 60, abs=5)
        assert (await tokens.verify(issued.secret)).tenant.id == tenant.id
        await change(db, expires_at=time.time() - 1)
        with pytest.raises(NoApiToken):
            await tokens.verify(issued.secret)
        assert (await tokens.count(tenant), await tokens.page(tenant)) == (0, [])
        assert await tokens.find(tenant, issued.facts.id) is None

    async def test_is_swept_in_batches_and_nothing_else_is(
        self, db: Database, tokens: ManagedTokens, tenant: Tenant
    ) -> None:
        for _ in range(7):
            await tokens.issue(Principal(tenant, Caller("1")), Wish(expires_in=60))
        await change(db, expires_at=time.time() - 1)
        kept = [await tokens.issue(Principal(tenant, Caller("1")), Wish(expires_in=left)) for left in (None, 60)]
        assert await erase_expired(db, batch=3) == 7
        assert sorted(await column(db, "id")) == sorted(one.facts.id for one in kept)

    async def test_is_found_by_an_index(self, db: Database) -> None:
        query = "SELECT id FROM api_tokens WHERE expires_at <= 1.0 ORDER BY expires_at LIMIT 500"
        async with db.session() as session:
            if db.is_sqlite:
                plan = (await session.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all()
            else:
                await session.execute(text("SET LOCAL enable_seqscan = off"))
                plan = (await session.execute(text(f"EXPLAIN {query}"))).all()
        assert "ix_api_tokens_expires_at" in str(plan)

    async def test_no_token_gives_one_that_outlives_it(self, tokens: ManagedTokens, tenant: Tenant) -> None:
        short = await tokens.issue(Principal(tenant, Caller("1")), Wish(expires_in=60))
        giver = await tokens.verify(short.secret)
        with pytest.raises(AccessRefused):
            await tokens.issue(giver, Wish(expires_in=3600))
        assert (await tokens.issue(giver, Wish())).facts.expires_at == short.facts.expires_at

    async def test_no_revoked_token_gives_one(self, tokens: ManagedTokens, tenant: Tenant) -> None:
        issued = await tokens.issue(Principal(tenant, Caller("1")), Wish())
        giver = await tokens.verify(issued.secret)
        await tokens.revoke(tenant, issued.facts.id)
        with pytest.raises(NoApiToken):
            await tokens.issue(giver, Wish())


class TestAccesses:
    async def test_are_what_the_token_was_made_with(self, db: Database, tokens: ManagedTokens, tenant: Tenant) -> None:
        wish = Wish(accesses=["builds.*.report", "!builds.me.report"])
        secret = (await tokens.issue(Principal(tenant, Caller("J. Doe")), wish)).secret
        assert json.loads((await column(db, "accesses_json"))[0]) == ["builds.*.report", "!builds.J%2E%20Doe.report"]
        accesses = (await tokens.verify(secret)).accesses
        assert accesses is not None
        assert accesses.allow(("builds", "web.app", "report"))
        assert not accesses.allow(("builds", "J. Doe", "report"))

    async def test_of_nobody_in_person_have_no_me(self, tokens: ManagedTokens, tenant: Tenant) -> None:
        with pytest.raises(AccessRefused):
            await tokens.issue(Principal(tenant, Caller()), Wish(accesses=["builds.me.report"]))

    @pytest.mark.parametrize(
        "wanted", [None, ["#"], ["builds.*.report"], ["builds.api.read"]], ids=["everything", "all", "more", "other"]
    )
    async def test_no_token_gives_more_than_it_holds(
        self, tokens: ManagedTokens, tenant: Tenant, wanted: list[str] | None
    ) -> None:
        held = Wish(accesses=["builds.api.report", "tokens.create"])
        giver = await tokens.verify((await tokens.issue(Principal(tenant, Caller("1")), held)).secret)
        with pytest.raises(AccessRefused):
            await tokens.issue(giver, Wish(accesses=wanted))
        given = await tokens.issue(giver, Wish(accesses=["builds.api.report"]))
        assert (given.facts.created_via, given.facts.created_by) == (giver.token_id, "1")


class TestLastUse:
    async def test_is_written_once_an_hour(self, db: Database, tokens: ManagedTokens, tenant: Tenant) -> None:
        secret = await tokens.create(tenant, Caller("1"))
        assert await column(db, "last_used_at") == [None]
        await tokens.verify(secret)
        [first] = await column(db, "last_used_at")
        assert first == pytest.approx(time.time(), abs=5)
        recent = time.time() - USE_IS_NOTED + 60
        await change(db, last_used_at=recent)
        await tokens.verify(secret)
        assert await column(db, "last_used_at") == [recent]
        await change(db, last_used_at=time.time() - USE_IS_NOTED)
        await tokens.verify(secret)
        assert (await column(db, "last_used_at"))[0] >= first


class TestRevokingOne:
    async def test_ends_that_one_alone(self, tokens: ManagedTokens, tenant: Tenant) -> None:
        issued = [await tokens.issue(Principal(tenant, Caller("1")), Wish(name=name)) for name in ("one", "two")]
        for _ in range(2):
            await tokens.revoke(tenant, issued[0].facts.id)
        with pytest.raises(NoApiToken):
            await tokens.verify(issued[0].secret)
        await tokens.verify(issued[1].secret)
        assert [one.name for one in await tokens.page(tenant)] == ["two"]

    async def test_is_for_the_tenant_that_has_it(self, db: Database, tokens: ManagedTokens, tenant: Tenant) -> None:
        async with db.session() as session:
            other = await add_tenant(session, "other")
        issued = await tokens.issue(Principal(tenant, Caller("1")), Wish())
        await tokens.revoke(other, issued.facts.id)
        assert await tokens.find(other, issued.facts.id) is None
        assert (await tokens.verify(issued.secret)).token_id == issued.facts.id

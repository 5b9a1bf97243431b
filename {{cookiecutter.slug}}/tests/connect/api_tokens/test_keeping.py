"""API tokens as every add-on keeps them: created, counted, known by which key, and ended."""

import asyncio
import json
import time
from typing import Any

import pytest
from sqlalchemy import select, update

from app.connect.api_tokens.keeping import MOST_TOKENS, ApiTokens, TooManyTokens
from app.connect.api_tokens.older_keys import Older, tokens_under_older_keys
from app.connect.api_tokens.spelling import make_token
from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Database
from app.connect.errors import NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tenant import Caller, Tenant
from tests.connect.rows import add_tenant

OLD, NEW = (f"{name}-0123456789abcdefghijklmnopqrstuvwxyz" for name in ("old", "new"))
RACERS = 130


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    async with db.session() as session:
        return await add_tenant(session, "tenant")


@pytest.fixture
def tokens(db: Database) -> ApiTokens:
    return ApiTokens(db, Vault([OLD]))


async def change(db: Database, **values: Any) -> None:
    async with db.session() as session:
        await session.execute(update(ApiToken).values(values))


class TestPlain:
    async def test_may_do_everything_where_it_was_made(self, tokens: ApiTokens, tenant: Tenant) -> None:
        known = await tokens.verify(await tokens.create(tenant, Caller("7", place="1")))
        assert (known.tenant, known.caller.place, known.made_by) == (tenant, "1", "7")
        assert (known.accesses, known.expires_at) == (None, None)

    async def test_all_end_at_once_and_those_of_others_stay(
        self, db: Database, tokens: ApiTokens, tenant: Tenant
    ) -> None:
        async with db.session() as session:
            other = await add_tenant(session, "other")
        ended = [await tokens.create(tenant, Caller("7")) for _ in range(2)]
        kept = await tokens.create(other, Caller("7"))
        await tokens.revoke_all(tenant)
        assert (await tokens.count(tenant), await tokens.count(other)) == (0, 1)
        for secret in ended:
            with pytest.raises(NoApiToken):
                await tokens.verify(secret)
        assert (await tokens.verify(kept)).tenant == other

    async def test_are_a_hundred_at_most_in_two_processes(
        self, db: Database, database_url: str, tokens: ApiTokens, tenant: Tenant
    ) -> None:
        async def attempt(keeper: ApiTokens) -> bool:
            try:
                await keeper.create(tenant, Caller("7"))
            except TooManyTokens:
                return False
            return True

        other = Database(database_url)
        try:
            shops = (tokens, ApiTokens(other, Vault([OLD])))
            given = await asyncio.gather(*(attempt(shops[number % 2]) for number in range(RACERS)))
        finally:
            await other.dispose()
        assert (sum(given), await tokens.count(tenant)) == (MOST_TOKENS, MOST_TOKENS)


class TestLeftBehind:
    """Rows that say more than a plain token does: the room that writes them may have gone since."""

    async def test_by_a_list_does_what_the_list_says(self, db: Database, tokens: ApiTokens, tenant: Tenant) -> None:
        secret = await tokens.create(tenant, Caller("7"))
        await change(db, accesses_json=json.dumps(["builds.web.report"]))
        accesses = (await tokens.verify(secret)).accesses
        assert accesses is not None
        assert accesses.allow(("builds", "web", "report"))
        assert not accesses.allow(("builds", "web", "read"))

    async def test_after_its_end_lets_nobody_in(self, db: Database, tokens: ApiTokens, tenant: Tenant) -> None:
        secret = await tokens.create(tenant, Caller("7"))
        await change(db, expires_at=time.time() - 1)
        assert await tokens.count(tenant) == 0
        with pytest.raises(NoApiToken):
            await tokens.verify(secret)


class TestKeys:
    async def test_what_is_stored_opens_nothing_without_the_key(
        self, db: Database, tokens: ApiTokens, tenant: Tenant
    ) -> None:
        secret = await tokens.create(tenant, Caller("1"))
        async with db.session() as session:
            [digest] = await session.scalars(select(ApiToken.digest))
        assert digest == Vault([OLD]).digests(secret)[0]
        with pytest.raises(NoApiToken):
            await ApiTokens(db, Vault([NEW])).verify(secret)

    async def test_a_token_moves_to_the_newest_when_it_is_used(
        self, db: Database, tokens: ApiTokens, tenant: Tenant
    ) -> None:
        used, unused = [await tokens.create(tenant, Caller("1")) for _ in range(2)]
        await tokens.verify(used)
        vault = Vault([NEW, OLD])
        assert await tokens_under_older_keys(db, vault) == Older(2, 0)
        both = ApiTokens(db, vault)
        await asyncio.gather(*(both.verify(used) for _ in range(5)))
        assert await tokens_under_older_keys(db, vault) == Older(1, 0)
        assert await tokens_under_older_keys(db, Vault([NEW])) == Older(0, 1)
        newest = ApiTokens(db, Vault([NEW]))
        await newest.verify(used)
        with pytest.raises(NoApiToken):
            await newest.verify(unused)

    async def test_one_that_nobody_can_use_is_not_waited_for(
        self, db: Database, tokens: ApiTokens, tenant: Tenant
    ) -> None:
        await tokens.create(tenant, Caller("1"))
        await change(db, expires_at=time.time() - 1)
        assert await tokens_under_older_keys(db, Vault([NEW, OLD])) == Older(0, 0)

    async def test_a_made_up_one_is_none(self, tokens: ApiTokens, tenant: Tenant) -> None:
        await tokens.create(tenant, Caller("1"))
        with pytest.raises(NoApiToken):
            await tokens.verify(make_token())

"""The limit of API tokens holds whoever asks for them at once, in however many processes."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.connect.access.managing import ManagedTokens
from app.connect.api_tokens.keeping import MOST_TOKENS, TooManyTokens
from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Database
from app.connect.errors import NoApiToken
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tenant import NOBODY, Tenant
from tests.connect.rows import add_tenant

RACERS = 130
VAULT = Vault(["0123456789abcdefghijklmnopqrstuvwxyz"])


async def attempt(tokens: ManagedTokens, tenant: Tenant) -> bool:
    """Ask for a token; tell whether there was one more."""
    try:
        await tokens.create(tenant, NOBODY)
    except TooManyTokens:
        return False
    return True


class TestRacingForTokens:
    async def test_gives_what_there_is_in_two_processes(self, db: Database, database_url: str) -> None:
        async with db.session() as session:
            tenant = await add_tenant(session, "racer")
        other = Database(database_url)
        try:
            shops = (ManagedTokens(db, VAULT), ManagedTokens(other, VAULT))
            given = await asyncio.gather(*(attempt(shops[number % 2], tenant) for number in range(RACERS)))
        finally:
            await other.dispose()
        async with db.session() as session:
            kept = await session.scalar(select(func.count()).select_from(ApiToken))
        assert (sum(given), kept) == (MOST_TOKENS, MOST_TOKENS)

    async def test_counts_each_tenant_alone(self, db: Database) -> None:
        async with db.session() as session:
            tenants = [await add_tenant(session, name) for name in ("one", "two")]
        tokens = ManagedTokens(db, VAULT)
        given = await asyncio.gather(*(attempt(tokens, tenants[number % 2]) for number in range(3 * MOST_TOKENS)))
        assert sum(given) == 2 * MOST_TOKENS

    async def test_gives_none_to_what_was_installed_anew_meanwhile(self, db: Database) -> None:
        async with db.session() as session:
            present = await add_tenant(session, "renewed", generation=2)
        with pytest.raises(NoApiToken):
            await ManagedTokens(db, VAULT).create(replace(present, generation=1), NOBODY)

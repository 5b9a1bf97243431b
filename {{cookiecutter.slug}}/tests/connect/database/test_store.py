"""The tenant's store: any JSON value under any key, and nobody else's."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.connect.context import Context
from app.connect.database.engine import Database
from app.connect.database.store import MAX_VALUE, StoreItem, TenantStore
from app.connect.errors import CommitFirst
from tests.connect.database.stores import Delete, GetAndSet, Limit, Narrow, OpenStore, Partition, SetMany
from tests.connect.probe import ProbedAddon
from tests.connect.rows import tenant_row


@pytest.fixture
async def open_store(db: Database) -> OpenStore:
    """Open the store of tenant `one` or `two`."""
    async with db.session() as session:
        session.add_all([tenant_row("one"), tenant_row("two")])
    return lambda tenant_id: TenantStore(db, tenant_id)


@pytest.fixture
def store(open_store: OpenStore) -> TenantStore:
    return open_store("one")


@pytest.fixture
def largest() -> str:
    return "x" * (MAX_VALUE - 2)


class TestGetAndSet(GetAndSet):
    """In our own database."""

    async def test_of_one_key_at_once_leave_one_row(self, store: TenantStore, db: Database) -> None:
        await asyncio.gather(*(store.set("key", number) for number in range(12)))
        async with db.session() as session:
            assert len((await session.scalars(select(StoreItem))).all()) == 1


class TestSetMany(SetMany):
    """In our own database."""

    async def test_keeps_none_when_the_database_refuses(self, db: Database, store: TenantStore) -> None:
        nobody = TenantStore(db, "nobody")
        with pytest.raises(IntegrityError):
            await nobody.set_many({"one": 1, "two": 2})
        assert await nobody.all() == {}


class TestDelete(Delete):
    """In our own database."""


class TestPartition(Partition):
    """In our own database."""


class TestNarrow(Narrow):
    """In our own database."""


class TestLimit(Limit):
    """In our own database."""


class TestBesideTheSession:
    async def test_refuses_at_once_what_would_wait_for_itself(self, probed: ProbedAddon) -> None:
        """SQLite has one writer: a store that waited for the handler's own changes would wait for its end."""
        refused: list[str] = []

        async def enqueue_then_set(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "later")
            await ctx.db.flush()
            for write in (ctx.store.set, ctx.memo.set, ctx.store.narrow("inner").set):
                try:
                    await write("key", 1)
                except CommitFirst as error:
                    refused.append(error.code)
            await ctx.commit()
            await ctx.store.set("key", 2)
            await ctx.memo.set("key", 2)

        installation = await probed.install()
        probed.probe.acts["message"] = enqueue_then_set
        await probed.say()
        await probed.settle()
        store = TenantStore(probed.parts.database, (await probed.tenant(installation)).id)
        assert refused == (["commit_first"] * 3 if probed.parts.database.is_sqlite else [])
        assert await store.get("key") == 2

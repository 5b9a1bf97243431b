"""The tenant's store: any JSON value under any key, and nobody else's."""

import asyncio
import math
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.connect.application import ROOT
from app.connect.context import Context
from app.connect.database.engine import Database
from app.connect.database.store import MAX_VALUE, StoreItem, StoreLimit, TenantStore
from app.connect.errors import CommitFirst
from tests.connect.database.projects import environment
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


CHANGES = """
import asyncio, sys
from app.connect.database.engine import Database
from app.connect.database.store import TenantStore

async def change() -> None:
    database = Database(sys.argv[1])
    for _ in range(25):
        await TenantStore(database, "one").change("key", lambda names: [*names, sys.argv[2]], default=[])
    await database.dispose()

asyncio.run(change())
"""


def adding(number: int) -> Callable[[list[int]], list[int]]:
    def add(numbers: list[int]) -> list[int]:
        numbers.append(number)
        return numbers

    return add


class TestChange:
    async def test_keeps_and_returns_what_the_function_makes(self, store: TenantStore) -> None:
        assert await store.change("key", lambda number: number + 1, default=40) == 41
        assert await store.change("key", lambda number: number + 1, default=0) == 42
        assert await store.all() == {"key": 42}

    async def test_of_one_key_at_once_loses_none(self, store: TenantStore) -> None:
        none: list[int] = []
        await asyncio.gather(*(store.change("key", adding(number), default=none) for number in range(12)))
        assert sorted(await store.get("key")) == [*range(12)]

    async def test_of_one_key_in_two_processes_loses_none(self, store: TenantStore, database_url: str) -> None:
        def run(name: str) -> None:
            command = [sys.executable, "-c", CHANGES, database_url, name]
            subprocess.run(command, cwd=ROOT, env=environment(database_url), check=True, timeout=60)  # noqa: S603 - ours

        await asyncio.gather(*(asyncio.to_thread(run, name) for name in ("one", "other")))
        kept = await store.get("key")
        assert {name: kept.count(name) for name in kept} == {"one": 25, "other": 25}

    async def test_that_fails_changes_nothing(self, store: TenantStore) -> None:
        await store.set("kept", 1)
        for key in ("kept", "new"):
            with pytest.raises(ZeroDivisionError):
                await store.change(key, lambda number: number // 0, default=1)
            with pytest.raises(StoreLimit, match="is not JSON"):
                await store.change(key, lambda _: math.nan, default=1.0)
        assert await store.all() == {"kept": 1}

    async def test_leaves_the_default_as_it_was(self, store: TenantStore) -> None:
        none: list[int] = []
        for number in range(2):
            await store.change("key", adding(number), default=none)
        assert (none, await store.get("key")) == ([], [0, 1])

    async def test_is_the_tenants_own_and_of_its_narrowed_store(self, open_store: OpenStore) -> None:
        one, two = open_store("one"), open_store("two")
        for store in (two, one.narrow("inner"), one):
            await store.change("key", lambda number: number + 1, default=0)
        assert [await each.all() for each in (one, two, one.narrow("inner"))] == [{"key": 1}] * 3


class TestBesideTheSession:
    async def test_refuses_at_once_what_would_wait_for_itself(self, probed: ProbedAddon) -> None:
        """SQLite has one writer: a store that waited for the handler's own changes would wait for its end."""
        refused: list[str] = []

        async def enqueue_then_set(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "later")
            await ctx.db.flush()

            async def change(key: str, value: int) -> None:
                await ctx.store.narrow("changed").change(key, lambda _: value, default=0)

            for write in (ctx.store.set, ctx.memo.set, ctx.store.narrow("inner").set, change):
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
        assert refused == (["commit_first"] * 4 if probed.parts.database.is_sqlite else [])
        assert await store.get("key") == 2

"""`store = "forge"`: `ctx.store` does inside Atlassian what it does in our database, by the same tests."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from app.connect.database.store import StoreItem, StoreLimit, TenantStore
from app.connect.hosts.forge import ForgeStore
from app.connect.hosts.forge.context import ForgeContext
from app.connect.tenancy.tenant import NOBODY
from devhost.dialects.atlassian.host import JIRA, WIKI
from devhost.dialects.forge.apps import ForgeInstallation
from tests.connect.database.stores import Delete, GetAndSet, Limit, Narrow, OpenStore, Partition, SetMany
from tests.hosts.forge.together.moving import Choices, Moving

INSIDE: dict[str, Any] = {
    "store": "forge",
    "connect": {"modules": False},
    "scopes": ["read:jira-work", "read:confluence-user", "storage:app"],
}
AROUND = len('"[\\"key\\", \\"\\", null]"')
"""What stands around a text of the key `key` when it is sent."""


async def context_of(moving: Moving, installed: ForgeInstallation) -> ForgeContext:
    made = moving.one.contexts.open(await moving.by_forge(installed), NOBODY)
    assert isinstance(made, ForgeContext)
    return made


@pytest.fixture
async def contexts(moving: Moving) -> dict[str, ForgeContext]:
    """Install the app on two sites, and open a context for each."""
    await moving.deploy(INSIDE, processes=1)
    found = {}
    for name, site in (("one", JIRA), ("two", WIKI)):
        installed = await moving.devhost.forge.install(moving.manifest, site=site, variables=moving.variables)
        await moving.settle()
        found[name] = await context_of(moving, installed)
    return found


@pytest.fixture
def open_store(contexts: dict[str, ForgeContext]) -> OpenStore:
    return lambda name: contexts[name].store


@pytest.fixture
def store(open_store: OpenStore) -> TenantStore:
    return open_store("one")


@pytest.fixture
def largest() -> str:
    return "x" * (240 * 1024 - AROUND)


class TestGetAndSet(GetAndSet):
    """Inside Atlassian."""


class TestSetMany(SetMany):
    """Inside Atlassian."""

    async def test_is_of_25_at_most(self, store: TenantStore) -> None:
        await store.set_many({str(number): number for number in range(25)})
        with pytest.raises(StoreLimit, match="There are 26 values"):
            await store.set_many({f"more {number}": number for number in range(26)})
        assert len(await store.all()) == 25


class TestDelete(Delete):
    """Inside Atlassian."""


class TestPartition(Partition):
    """Inside Atlassian."""


class TestNarrow(Narrow):
    """Inside Atlassian."""


class TestLimit(Limit):
    """Inside Atlassian."""


class TestChange:
    async def test_is_refused_since_forge_has_no_such_step(self, store: TenantStore) -> None:
        await store.set("key", 1)
        with pytest.raises(StoreLimit, match=r"'key'.*ctx\.db"):
            await store.change("key", lambda number: number + 1, default=0)
        assert await store.all() == {"key": 1}


class TestWhereItIs:
    async def test_is_inside_and_nowhere_else(self, moving: Moving, contexts: dict[str, ForgeContext]) -> None:
        ctx = contexts["one"]
        await ctx.store.set("word", "kept")
        await ctx.save_settings(Choices(word="of settings"))
        assert isinstance(ctx.store, ForgeStore)
        assert await ctx.store.get("word") == "kept"
        assert await ctx.settings(Choices) == Choices(word="of settings")
        assert await contexts["two"].settings(Choices) == Choices()
        async with moving.one.database.session() as session:
            assert await session.scalar(select(func.count()).select_from(StoreItem)) == 0

    async def test_of_what_is_sealed_is_where_forge_keeps_secrets(self, contexts: dict[str, ForgeContext]) -> None:
        ctx = contexts["one"]
        for text in ("first", "second"):
            await ctx.store.set_many({"password": {"sealed": text}, "name": text})
            assert await ctx.store.all() == {"password": {"sealed": text}, "name": text}
            assert await ctx.store.get("password") == {"sealed": text}
        [found] = [one async for one in ctx.storage.all("store:") if "password" in one.value]
        assert "second" not in found.value
        name = json.loads(found.value)[2]
        assert await ctx.storage.get_secret(name) == {"sealed": "second"}
        await ctx.store.set("password", None)
        assert (await ctx.store.get("password", "none"), await ctx.storage.get_secret(name)) == (None, None)

    async def test_of_a_secret_that_is_deleted_is_empty(self, contexts: dict[str, ForgeContext]) -> None:
        ctx = contexts["one"]
        await ctx.store.set("password", {"sealed": "text"})
        [found] = [one async for one in ctx.storage.all("store:")]
        await ctx.store.delete("password")
        assert await ctx.store.get("password") is None
        assert await ctx.storage.get_secret(json.loads(found.value)[2]) is None

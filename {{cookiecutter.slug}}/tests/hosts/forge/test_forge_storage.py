"""Forge storage: what is sent, what is read, and what is refused before anything is sent (reference 8)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse

from app.connect.hosts.atlassian.client.errors import HostRejected, LimitExceeded, RateLimited
from app.connect.hosts.forge import Check, Delete, ForgeStorage, KeyTaken, Set, Ttl
from app.connect.hosts.forge.client.limits import check_key
from tests.hosts.forge.cloud import access_token
from tests.hosts.forge.stage import ForgeStage

pytestmark = pytest.mark.one_database

Use = Callable[[ForgeStorage], Awaitable[Any]]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED: dict[str, Use] = {
    "an empty key": lambda kvs: kvs.get(""),
    "a key of spaces": lambda kvs: kvs.set("   ", 1),
    "a key that is too long": lambda kvs: kvs.get("k" * 501),
    "a key with a slash": lambda kvs: kvs.delete("a/b"),
    "a key with a line break at its end": lambda kvs: kvs.get("a/\n"),
    "a value that is too large": lambda kvs: kvs.set("key", "x" * 240 * 1024),
    "a value that is too deep": lambda kvs: kvs.set("key", deep(32)),
    "a value that is no JSON": lambda kvs: kvs.set("key", {1, 2}),
    "a number that is none": lambda kvs: kvs.set_secret("key", float("nan")),
    "26 keys": lambda kvs: kvs.get_many([f"k{n}" for n in range(26)]),
    "no keys": lambda kvs: kvs.delete_many([]),
    "more than 4 MB": lambda kvs: kvs.set_many({f"k{n}": "x" * 200_000 for n in range(25)}),
    "a key twice in a transaction": lambda kvs: kvs.transaction(Set("a", 1), Delete("a")),
    "26 operations": lambda kvs: kvs.transaction(*(Set(f"k{n}", 1) for n in range(26))),
    "a life of nothing": lambda kvs: kvs.set("key", 1, ttl=Ttl(0)),
    "a query for 101": lambda kvs: kvs.query(limit=101),
    "an entity query for 0": lambda kvs: kvs.query_entities("build", "by-state", limit=0),
}
SENT: dict[str, tuple[Use, str, Any]] = {
    "entity": (lambda kvs: kvs.get("key", entity="build"), "entity/get", {"key": "key", "entityName": "build"}),
    "secret": (lambda kvs: kvs.set_secret("key", "s"), "secret/set", {"key": "key", "value": "s"}),
    "ttl": (
        lambda kvs: kvs.set("key", 1, ttl=Ttl(2, "DAYS"), keep_existing=True),
        "set",
        {"key": "key", "value": 1, "options": {"ttl": {"value": 2, "unit": "DAYS"}, "keyPolicy": "FAIL_IF_EXISTS"}},
    ),
    "batch": (
        lambda kvs: kvs.set_many({"a": 1, "b": 2}),
        "batch/set",
        [{"key": "a", "value": 1}, {"key": "b", "value": 2}],
    ),
    "transaction": (
        lambda kvs: kvs.transaction(Set("a", 1), Delete("b"), Check("c", "build", {"and": []})),
        "transaction",
        {
            "set": [{"key": "a", "value": 1}],
            "delete": [{"key": "b"}],
            "check": [{"key": "c", "entityName": "build", "conditions": {"and": []}}],
        },
    ),
    "entity query": (
        lambda kvs: kvs.query_entities("build", "state", partition=["red"], every=[{"a": 1}], sort="DESC", after="c"),
        "entity/query",
        {
            "entityName": "build",
            "indexName": "state",
            "partition": ["red"],
            "filters": {"and": [{"a": 1}]},
            "sort": "DESC",
            "limit": 20,
            "cursor": "c",
        },
    ),
}


async def storage_of(forge: ForgeStage) -> ForgeStorage:
    site = forge.cloud.new_site()
    await forge.send(forge.cloud.hourly(site, system=access_token("system")))
    await forge.settle()
    forge.cloud.calls.clear()
    return (await forge.context(site)).storage


class TestStorage:
    async def test_keeps_values_with_the_apps_token(self, forge: ForgeStage) -> None:
        kvs = await storage_of(forge)
        assert await kvs.get("word") is None
        await kvs.set("word", {"a": [1, None]})
        assert await kvs.get("word") == {"a": [1, None]}
        await kvs.delete("word")
        assert await kvs.get("word") is None
        asked = {path.removeprefix("/forge/storage/kvs/v1/") for _, path, _, _ in forge.cloud.calls}
        assert asked == {"get", "set", "delete"}
        assert {bearer.partition(" ")[0] for _, _, bearer, _ in forge.cloud.calls} == {"Bearer"}

    async def test_lists_what_begins_alike_part_after_part(self, forge: ForgeStage) -> None:
        kvs = await storage_of(forge)
        forge.cloud.stored |= {f"build-{number:03}": number for number in range(230)} | {"other": 1}
        assert [one.value async for one in kvs.all("build-")] == list(range(230))
        page = await kvs.query("build-", limit=2)
        assert ([one.key for one in page.data], page.cursor) == (["build-000", "build-001"], "2")

    async def test_reads_several_at_once(self, forge: ForgeStage) -> None:
        kvs = await storage_of(forge)
        forge.cloud.stored |= {"a": 1, "b": 2}
        assert await kvs.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}

    async def test_keeps_what_is_there_where_it_is_asked_to(self, forge: ForgeStage) -> None:
        kvs = await storage_of(forge)
        await kvs.set("word", 1)
        with pytest.raises(KeyTaken):
            await kvs.set("word", 2, keep_existing=True)
        assert await kvs.get("word") == 1

    @pytest.mark.parametrize("name", SENT)
    async def test_is_asked_in_its_own_words(self, forge: ForgeStage, name: str) -> None:
        use, path, body = SENT[name]
        forge.cloud.refusals.clear()
        await use(await storage_of(forge))
        assert [(one, said) for _, one, _, said in forge.cloud.calls] == [(f"/forge/storage/kvs/v1/{path}", body)]

    @pytest.mark.parametrize("name", REFUSED)
    async def test_is_not_asked_for_what_it_does_not_take(self, forge: ForgeStage, name: str) -> None:
        kvs = await storage_of(forge)
        with pytest.raises(LimitExceeded):
            await REFUSED[name](kvs)
        assert forge.cloud.calls == []

    async def test_that_refuses_says_why(self, forge: ForgeStage) -> None:
        kvs = await storage_of(forge)
        forge.cloud.refusals.append(JSONResponse({"code": "QUERY_WHERE_INVALID", "message": "x"}, 400))
        with pytest.raises(HostRejected, match="QUERY_WHERE_INVALID"):
            await kvs.query("a")
        forge.cloud.refusals.append(JSONResponse({"code": "RATE_LIMIT_EXCEEDED"}, 429, {"Retry-After": "90"}))
        with pytest.raises(RateLimited):
            await kvs.set("a", 1)


class TestStore:
    """`ctx.forge_store` does what `ctx.store` does."""

    async def test_keeps_any_key_apart_from_every_other(self, forge: ForgeStage) -> None:
        await storage_of(forge)
        [site] = forge.cloud.sites.values()
        async with await forge.context(site) as ctx:
            store = ctx.forge_store
            keys = ("word", "", "W\u00f6rter / \u4e2d", "a:k.b", "#41", "A", ":n.inner:k.word", "\udc80")
            for number, key in enumerate(keys):
                await store.set(key, number)
            inner = store.narrow("inner")
            await inner.set("word", "inside")
            assert await store.all() == {key: number for number, key in enumerate(keys)}
            assert await inner.all() == {"word": "inside"}
            await store.set_many({"word": "new", "other": 1})
            assert [await store.get(key) for key in ("word", "other")] == ["new", 1]
            await store.delete("word")
            assert await store.get("word", "none") == "none"
            assert await inner.get("word") == "inside"
            assert await ctx.store.all() == {}
        assert all(check_key(key) for key in forge.cloud.stored)

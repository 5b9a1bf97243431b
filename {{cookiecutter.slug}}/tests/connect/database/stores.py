"""What every store does, wherever it keeps its values: a test file subclasses these, and has the fixtures they want.

`open_store` opens the store of tenant `one` or `two`, `store` is that of `one`; `largest` is the longest text it takes.
"""

import asyncio
import math
from collections.abc import Callable
from itertools import combinations

import pytest

from app.connect.database.store import MAX_KEY, MAX_VALUE, StoreLimit, TenantStore

KEYS = (
    "",
    " ",
    "key",
    "KEY",
    "nul\0nul",
    "lone \ud800 surrogate",
    "\udfff",
    "😀",
    "e\u0301",
    "é",
    "\u202eback",
    "'; DROP TABLE store_items; --",
    "%",
    "_",
    "\n\r\t\x1b",
    "k" * MAX_KEY,
    "😀" * MAX_KEY,
)
PATHS: tuple[tuple[str, ...], ...] = (
    (),
    ("",),
    ("", ""),
    ("a",),
    ("a", "b"),
    ("a/b",),
    ("ab",),
    ("a", ""),
    ("", "a"),
    ('a","b',),
    ("\0",),
    ("\ud800",),
    ("\udfff",),
)
VALUES: tuple[object, ...] = (
    None,
    False,
    0,
    -(2**80),
    0.1,
    1e300,
    "",
    "nul\0 \ud800 😀",
    [],
    [1, [2, {"three": None}]],
    {},
    {"": {"\ud800": [True]}},
)

OpenStore = Callable[[str], TenantStore]


def inside(store: TenantStore, path: tuple[str, ...]) -> TenantStore:
    for name in path:
        store = store.narrow(name)
    return store


class GetAndSet:
    """What is set is got."""

    async def test_give_a_json_value_back_as_it_was(self, store: TenantStore) -> None:
        for value in VALUES:
            await store.set("key", value)
            assert repr(await store.get("key", "default")) == repr(value)

    async def test_take_any_key_and_tell_all_apart(self, store: TenantStore) -> None:
        for number, key in enumerate(KEYS):
            await store.set(key, number)
        assert [await store.get(key) for key in KEYS] == list(range(len(KEYS)))
        assert await store.all() == {key: number for number, key in enumerate(KEYS)}

    async def test_give_the_default_for_what_is_not_there(self, store: TenantStore) -> None:
        assert await store.get("key") is None
        assert await store.get("key", 7) == 7

    async def test_keep_the_last_of_several_values(self, store: TenantStore) -> None:
        await store.set("key", 1)
        await store.set("key", {"now": "another"})
        assert await store.get("key") == {"now": "another"}

    async def test_of_one_key_at_once_leave_one_of_the_values(self, store: TenantStore) -> None:
        await asyncio.gather(*(store.set("key", number) for number in range(12)))
        assert await store.get("key") in range(12)
        assert len(await store.all()) == 1

    async def test_of_many_keys_at_once_keep_all(self, store: TenantStore) -> None:
        await asyncio.gather(*(store.set(str(number), number) for number in range(12)))
        assert await store.all() == {str(number): number for number in range(12)}


class SetMany:
    """Several values are kept together."""

    async def test_keeps_all_of_them(self, store: TenantStore) -> None:
        await store.set("kept", "before")
        await store.set_many({"one": 1, "two": [2], "kept": "after"})
        assert await store.all() == {"one": 1, "two": [2], "kept": "after"}

    async def test_keeps_none_when_one_is_not_json(self, store: TenantStore) -> None:
        await store.set("one", "before")
        with pytest.raises(StoreLimit, match="'two' is not JSON"):
            await store.set_many({"one": 1, "two": math.nan, "three": 3})
        assert await store.all() == {"one": "before"}

    async def test_keeps_none_when_one_is_over_the_limit(self, store: TenantStore) -> None:
        for values in ({"one": 1, "k" * (MAX_KEY + 1): 2}, {"one": 1, "two": "x" * MAX_VALUE}):
            with pytest.raises(StoreLimit):
                await store.set_many(values)
        assert await store.all() == {}

    async def test_of_nothing_does_nothing(self, store: TenantStore) -> None:
        await store.set("one", 1)
        await store.set_many({})
        assert await store.all() == {"one": 1}

    async def test_at_once_leaves_the_values_of_one_call(self, store: TenantStore) -> None:
        await asyncio.gather(*(store.set_many({"one": number, "two": number}) for number in range(8)))
        kept = await store.all()
        assert kept["one"] == kept["two"]

    async def test_stays_in_its_narrowed_store(self, store: TenantStore) -> None:
        await store.narrow("inner").set_many({"one": 1, "two": 2})
        assert (await store.all(), await store.narrow("inner").all()) == ({}, {"one": 1, "two": 2})


class Delete:
    """What is deleted is gone, and nothing else."""

    async def test_removes_the_key_and_no_other(self, store: TenantStore) -> None:
        await store.set("key", 1)
        await store.set("other", 2)
        await store.delete("key")
        assert await store.all() == {"other": 2}

    async def test_of_what_is_not_there_does_nothing(self, store: TenantStore) -> None:
        await store.delete("key")
        assert await store.all() == {}

    async def test_leaves_the_key_of_another_tenant(self, open_store: OpenStore) -> None:
        one, two = open_store("one"), open_store("two")
        await one.set("key", 1)
        await two.set("key", 2)
        await one.delete("key")
        assert (await one.get("key"), await two.get("key")) == (None, 2)


class Partition:
    """A tenant has its own."""

    async def test_is_the_tenants_own(self, open_store: OpenStore) -> None:
        one, two = open_store("one"), open_store("two")
        for key in KEYS:
            await one.set(key, "one")
        assert [await two.get(key) for key in KEYS] == [None] * len(KEYS)
        assert await two.all() == {}
        await two.set("key", "two")
        assert await one.get("key") == "one"


class Narrow:
    """A store inside a store."""

    async def test_makes_a_store_of_its_own(self, store: TenantStore) -> None:
        inner = store.narrow("inner")
        await store.set("key", "outside")
        await inner.set("key", "inside")
        assert (await store.all(), await inner.all()) == ({"key": "outside"}, {"key": "inside"})
        await inner.delete("key")
        assert await store.get("key") == "outside"

    async def test_finds_the_same_store_again(self, store: TenantStore) -> None:
        await store.narrow("a").narrow("b").set("key", 1)
        assert await store.narrow("a").narrow("b").get("key") == 1

    async def test_never_makes_one_store_of_two_paths(self, store: TenantStore) -> None:
        for path in PATHS:
            for key in ("k", *path):
                await inside(store, path).set(key, [list(path), key])
        for path in PATHS:
            assert await inside(store, path).all() == {key: [list(path), key] for key in ("k", *path)}

    async def test_never_makes_one_key_of_a_path_and_a_key(self, store: TenantStore) -> None:
        for path, other in combinations(PATHS, 2):
            await inside(store, path).set("/".join(other), "set")
            assert await inside(store, other).get("/".join(path)) in {None, "set"}
            await inside(store, path).delete("/".join(other))
        assert [await inside(store, path).all() for path in PATHS] == [{}] * len(PATHS)


class Limit:
    """What is not taken is told, and nothing is kept."""

    async def test_of_a_key_is_told(self, store: TenantStore) -> None:
        for call in (store.get("k" * (MAX_KEY + 1)), store.set("k" * (MAX_KEY + 1), 1)):
            with pytest.raises(StoreLimit, match="over 1000 characters"):
                await call

    async def test_of_a_value_is_its_json(self, store: TenantStore, largest: str) -> None:
        await store.set("key", largest)
        assert await store.get("key") == largest
        with pytest.raises(StoreLimit, match=r"ctx\.db"):
            await store.set("key", largest + "x")
        assert await store.get("key") == largest

    async def test_is_json(self, store: TenantStore) -> None:
        for value in (math.nan, math.inf, b"bytes", {1, 2}, object(), {("a", "b"): 1}, 10**5000):
            with pytest.raises(StoreLimit, match="is not JSON"):
                await store.set("key", value)
        assert await store.all() == {}

    async def test_is_json_that_does_not_hold_itself(self, store: TenantStore) -> None:
        endless: list[object] = []
        endless.append(endless)
        with pytest.raises(StoreLimit):
            await store.set("key", endless)

"""ForgeStore: what `ctx.store` is, with values that stay inside Atlassian, in the storage that Forge has for each app.

Scopes and keys are digests, as in our own database, so they may be any text; a value is kept as its JSON, so it comes
back as it was. A sealed value, such as a secret of the settings, is kept where Forge keeps secrets: no query finds it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from app.connect.database.store import MAX_KEY, StoreLimit, TenantStore, scope_of
from app.connect.declare.stored import SEALED
from app.connect.hosts.atlassian.client.errors import LimitExceeded
from app.connect.hosts.forge.client.kvs import ForgeStorage
from app.connect.hosts.forge.client.limits import LARGEST_VALUE, MOST_AT_ONCE
from app.connect.hosts.forge.client.operations import Set

T = TypeVar("T")


class _Entry(NamedTuple):
    """What is kept under a name: the key, and its value or the name of the secret that is its value."""

    key: str
    value: Any
    secret: str | None = None

    @classmethod
    def read(cls, kept: Any) -> "_Entry":
        return cls(*json.loads(kept))


class ForgeStore(TenantStore):
    """`get set delete all narrow` for one installation: the storage of another one is another.

    Writes go over the network, and are durable when the call returns. Scope: storage:app.
    """

    def __init__(self, storage: ForgeStorage, path: tuple[str, ...] = ()) -> None:
        self._storage = storage
        self._path = path
        self._prefix = f"store:{scope_of(*path)}:"

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default`."""
        found = await self._entry(key)
        return default if found is None else await self._value(found)

    async def set_many(self, values: Mapping[str, Any]) -> None:
        """Keep up to 25 values, all of them or none; each at most 240 KiB as JSON, all together 4 MiB."""
        if len(values) > MOST_AT_ONCE:
            raise StoreLimit(f"There are {len(values)} values. Forge keeps {MOST_AT_ONCE} at once; keep them in parts.")
        entries = {self._name(key): self._made(key, value) for key, value in values.items()}
        with _told():
            operations = [Set(name, _written(entry)) for name, entry in entries.items()]
            for one in operations:
                one.written()
        before = [await self._entry(key) for key, value in values.items() if value is None or _sealed(value)]
        for entry in entries.values():
            if entry.secret is not None:
                # Under a name of its own: until the others are kept, what was there is what counts.
                await self._storage.set_secret(entry.secret, values[entry.key])
        if operations:
            with _told():
                await self._storage.transaction(*operations)
        await self._forget({one.secret for one in before if one} - {one.secret for one in entries.values()})

    async def change(self, key: str, function: Callable[[T], T], *, default: T) -> T:  # noqa: ARG002
        """Raise `StoreLimit`: this storage has no step in which a value is read and replaced."""
        raise StoreLimit(f"Forge changes no value in one step: {key[:40]!r}. Keep it in a table, with ctx.db.")

    async def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        found = await self._entry(key)
        if found is not None:
            await self._storage.delete(self._name(key))
            await self._forget({found.secret})

    async def all(self) -> dict[str, Any]:
        """Return every key and value of this scope, narrowed scopes not included."""
        entries = [_Entry.read(one.value) async for one in self._storage.all(self._prefix)]
        return {entry.key: await self._value(entry) for entry in entries}

    def narrow(self, name: str) -> "ForgeStore":
        """Return a store of its own inside this one: the same keys in it are other keys."""
        return ForgeStore(self._storage, (*self._path, name))

    async def _entry(self, key: str) -> _Entry | None:
        kept = await self._storage.get(self._name(key))
        return None if kept is None else _Entry.read(kept)

    async def _value(self, entry: _Entry) -> Any:
        return entry.value if entry.secret is None else await self._storage.get_secret(entry.secret)

    async def _forget(self, secrets: set[str | None]) -> None:
        for one in secrets:
            if one is not None:
                await self._storage.delete_secret(one)

    def _made(self, key: str, value: Any) -> _Entry:
        if not _sealed(value):
            return _Entry(key, value)
        return _Entry(key, None, f"{self._name(key)}:{sha256(json.dumps(value).encode()).hexdigest()[:32]}")

    def _name(self, key: str) -> str:
        if len(key) > MAX_KEY:
            raise StoreLimit(f"The key {key[:40]!r}... is over {MAX_KEY} characters. Store a digest of it instead.")
        return self._prefix + scope_of(*self._path, key)


def _sealed(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == [SEALED] and isinstance(value[SEALED], str)


def _written(entry: _Entry) -> str:
    try:
        return json.dumps(entry, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise StoreLimit(
            f"The value for {entry.key[:40]!r} is not JSON. Store str, int, float, bool, list, dict or None."
        ) from None


@contextmanager
def _told() -> Iterator[None]:
    """Say in the store's own words what is too large; nothing was sent."""
    try:
        yield
    except LimitExceeded:
        raise StoreLimit(
            f"A value, with its key as JSON, is over {LARGEST_VALUE} bytes, or all are over 4 MiB, and Forge keeps no "
            "more. Use a model of your own in ctx.db."
        ) from None

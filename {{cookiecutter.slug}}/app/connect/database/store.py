"""The tenant's key-value store: JSON values under any key, each tenant in its own partition."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Float, ForeignKey, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.connect.database.engine import Base, Database
from app.connect.database.guard import TenantOwned
from app.connect.errors import BadRequest

T = TypeVar("T")
MAX_KEY = 1_000
MAX_VALUE = 256 * 1024


class StoreItem(TenantOwned, Base):
    """One value. `digest` stands for scope and key, so a key may have any length and any character."""

    __tablename__ = "store_items"

    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    scope: Mapped[str] = mapped_column(String(64), index=True)
    key_json: Mapped[str] = mapped_column(Text)
    value_json: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[float] = mapped_column(Float(53))


class StoreLimit(BadRequest):
    """A key or value beyond the limits of the store."""

    code = "store_limit"
    is_permanent = True


def _nothing() -> None:
    """Let every write through."""


class TenantStore:
    """`get set change delete all narrow` for one tenant.

    A write is durable when the call returns: it does not wait for the handler to end, so no lock is held while the
    handler goes on to call the host. Use `ctx.db` where several rows must change together.
    """

    def __init__(
        self, db: Database, tenant_id: str, path: tuple[str, ...] = (), *, before_write: Callable[[], None] = _nothing
    ) -> None:
        self._db = db
        self._before_write = before_write
        self._tenant_id = tenant_id
        self._path = path
        self._scope = scope_of(*path)

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default`."""
        query = select(StoreItem.value_json).where(*self._mine(), StoreItem.digest == self._digest(key))
        async with self._db.session() as session:
            found = (await session.scalars(query)).one_or_none()
        return default if found is None else json.loads(found)

    async def set(self, key: str, value: Any) -> None:
        """Keep a JSON value under `key`; the last writer wins. At most 256 KiB as JSON."""
        await self.set_many({key: value})

    async def set_many(self, values: Mapping[str, Any]) -> None:
        """Keep several values, all of them or none."""
        self._before_write()
        rows = [self._row(key, value) for key, value in values.items()]
        if not rows:
            return
        async with self._db.session() as session:
            await session.execute(self._insert(rows, "value_json", "changed_at"))

    async def change(self, key: str, function: Callable[[T], T], *, default: T) -> T:
        """Keep what `function` makes of the value under `key`, or of `default`, and return it.

        Nobody else writes that value meanwhile, in whatever process: others wait, so `function` is quick. It gets the
        value as JSON gives it back, and returns a whole one. When it raises, nothing has changed.
        """
        self._before_write()
        held = self._insert([self._row(key, default)], "changed_at").returning(StoreItem.value_json)
        async with self._db.session() as session:
            value = function(json.loads((await session.scalars(held)).one()))
            row = self._row(key, value)
            mine = (*self._mine(), StoreItem.digest == row["digest"])
            await session.execute(update(StoreItem).where(*mine).values(value_json=row["value_json"]))
        return value

    async def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        self._before_write()
        async with self._db.session() as session:
            await session.execute(delete(StoreItem).where(*self._mine(), StoreItem.digest == self._digest(key)))

    async def all(self) -> dict[str, Any]:
        """Return every key and value of this scope, narrowed scopes not included."""
        query = select(StoreItem.key_json, StoreItem.value_json).where(*self._mine(), StoreItem.scope == self._scope)
        async with self._db.session() as session:
            rows = (await session.execute(query)).all()
        return {json.loads(key): json.loads(value) for key, value in rows}

    def narrow(self, name: str) -> "TenantStore":
        """Return a store of its own inside this one: the same keys in it are other keys."""
        return TenantStore(self._db, self._tenant_id, (*self._path, name), before_write=self._before_write)

    def _insert(self, rows: list[dict[str, Any]], *replaced: str) -> Any:
        """Write rows, and of one that is there the columns `replaced`: its lock is held until the end either way."""
        statement = self._db.insert(StoreItem).values(rows)
        new = {name: statement.excluded[name] for name in replaced}
        return statement.on_conflict_do_update(index_elements=["tenant_id", "digest"], set_=new)

    def _row(self, key: str, value: Any) -> dict[str, Any]:
        try:
            encoded = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise StoreLimit(
                f"The value for {key[:40]!r} is not JSON. Store str, int, float, bool, list, dict or None."
            ) from None
        if len(encoded) > MAX_VALUE:
            raise StoreLimit(
                f"The value for {key[:40]!r} is over {MAX_VALUE} bytes. Use a model of your own in ctx.db."
            )
        return {
            "tenant_id": self._tenant_id,
            "digest": self._digest(key),
            "scope": self._scope,
            "key_json": json.dumps(key),
            "value_json": encoded,
            "changed_at": time.time(),
        }

    def _mine(self) -> tuple[Any, ...]:
        return (StoreItem.tenant_id == self._tenant_id,)

    def _digest(self, key: str) -> str:
        if len(key) > MAX_KEY:
            raise StoreLimit(f"The key {key[:40]!r}... is over {MAX_KEY} characters. Store a digest of it instead.")
        return _digest(self._scope, key)


def scope_of(*path: str) -> str:
    """Return what the column `scope` holds of the items of a narrowed store."""
    return _digest(*path)


def _digest(*parts: str) -> str:
    """Hash a path so that no two paths run together; escaped JSON takes lone surrogates and NUL as well."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

"""Seals everything anew with the newest key, while the add-on serves: in small steps, none of which undoes a write.

What is done is seen from the rows themselves, so it can be stopped anywhere and begun again. Each row changes only if
it still holds what was read: whoever wrote it meanwhile has won, with the newest key if that process knows it.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Update, select, tuple_, update

from app.connect.context import SETTINGS_SCOPE, settings_owner
from app.connect.database.engine import Database
from app.connect.database.store import StoreItem, scope_of
from app.connect.declare.stored import sealed_in, stored_secret
from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault
from app.connect.network.token_rows import AccessToken, token_owner
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.tables import InstallationRow

BATCH = 200
"""Rows read, and written in one transaction, at once: a write of the add-on waits no longer than for that."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A column with sealed values: `key` orders and names its rows, `owner` makes of the key whose a value is."""

    name: str
    query: Select[*tuple[Any, ...]]
    """Key columns first, then the owner's id, then the value."""
    keys: Sequence[Any]
    column: Any
    owner: Callable[[str], str]
    read: Callable[[Any], bytes | None] = lambda value: value
    write: Callable[[bytes], Any] = lambda sealed: sealed
    dropped: Mapping[Any, Any] | None = None
    """What a row is set to whose value no key opens, where the value can be had again."""

    def rows_after(self, last: Sequence[Any] | None, *, limit: int) -> Select[*tuple[Any, ...]]:
        """Select the next rows in the order of their keys."""
        query = self.query.where(self.column.is_not(None)).order_by(*self.keys).limit(limit)
        return query if last is None else query.where(tuple_(*self.keys) > tuple_(*last))

    def change(self, row: Row[*tuple[Any, ...]], values: Mapping[Any, Any]) -> Update:
        """Change a row that is still what was read."""
        same = [key == row[place] for place, key in enumerate(self.keys)]
        return (
            update(self.column.class_)
            .where(*same, self.column == row[-1])
            .values(values)
            .execution_options(synchronize_session=False)
        )


SEALED_JSON = json.dumps(stored_secret(b"")).partition('""')[0]
"""How a sealed value begins in a store; every other one is passed over unread."""
SHELVES = (
    *(
        Shelf(
            name,
            select(InstallationRow.id, InstallationRow.id, column),
            (InstallationRow.id,),
            column,
            secret_owner,
        )
        for name, column in (
            ("secrets of installations", InstallationRow.sealed_secret),
            ("secrets before those", InstallationRow.sealed_previous),
        )
    ),
    Shelf(
        "access tokens",
        select(AccessToken.id, AccessToken.installation_id, AccessToken.sealed_token),
        (AccessToken.id,),
        AccessToken.sealed_token,
        token_owner,
        dropped={AccessToken.sealed_token: None, AccessToken.fresh_until: 0.0},
    ),
    Shelf(
        "secrets in settings",
        select(StoreItem.tenant_id, StoreItem.digest, StoreItem.tenant_id, StoreItem.value_json).where(
            StoreItem.scope == scope_of(SETTINGS_SCOPE), StoreItem.value_json.startswith(SEALED_JSON, autoescape=True)
        ),
        (StoreItem.tenant_id, StoreItem.digest),
        StoreItem.value_json,
        settings_owner,
        read=lambda text: sealed_in(json.loads(text)),
        write=lambda sealed: json.dumps(stored_secret(sealed)),
    ),
)


@dataclass(slots=True)
class Counts:
    """What came of the values of one shelf so far."""

    name: str
    seen: int = 0
    renewed: int = 0
    """Rows that were changed."""
    dropped: int = 0
    """Sealed with a key that is not there, and forgotten, since the value can be had again."""
    overtaken: int = 0
    """Written by somebody else while they were being sealed anew: their value stands."""
    lost: int = 0
    """Sealed with a key that is not there."""

    @property
    def said(self) -> str:
        """Say it in one line."""
        dropped = f", {self.dropped} dropped: their hosts give others" if self.dropped else ""
        return f"{self.name}: {self.seen} seen, {self.renewed - self.dropped} sealed anew{dropped}"


class Rotation:
    """Goes through every shelf, as often as it is asked to."""

    def __init__(self, database: Database, vault: Vault, *, batch: int = BATCH) -> None:
        self._db = database
        self._vault = vault
        self._batch = batch

    async def run(self) -> AsyncGenerator[Counts, None]:
        """Seal anew what is sealed with an older key; give the counts of a shelf after each batch of it."""
        for shelf in SHELVES:
            counts = Counts(shelf.name)
            async for rows in self._batches(shelf):
                changes = [change for row in rows if (change := self._renewed(shelf, row, counts)) is not None]
                if changes:
                    async with self._db.session() as session:
                        for change in changes:
                            done = await session.execute(change)
                            counts.overtaken += 1 - done.rowcount  # type: ignore[attr-defined]
                            counts.renewed += done.rowcount  # type: ignore[attr-defined]
                yield counts

    async def left(self) -> dict[str, int]:
        """Count by shelf what is not sealed with the newest key."""
        found = {}
        for shelf in SHELVES:
            older = 0
            async for rows in self._batches(shelf):
                values = [shelf.read(row[-1]) for row in rows]
                older += sum(value is not None and not self._vault.is_newest(value) for value in values)
            if older:
                found[shelf.name] = older
        return found

    async def _batches(self, shelf: Shelf) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
        last: Sequence[Any] | None = None
        while True:
            async with self._db.session() as session:
                rows = (await session.execute(shelf.rows_after(last, limit=self._batch))).all()
            if rows:
                yield rows
            if len(rows) < self._batch:
                return
            last = rows[-1][: len(shelf.keys)]

    def _renewed(self, shelf: Shelf, row: Row[*tuple[Any, ...]], counts: Counts) -> Update | None:
        sealed = shelf.read(row[-1])
        if sealed is None:
            return None
        counts.seen += 1
        if self._vault.is_newest(sealed):
            return None
        owner = shelf.owner(row[-2])
        try:
            secret = self._vault.open(sealed, owner=owner)
        except ConfigurationError:
            if shelf.dropped is None:
                counts.lost += 1
                return None
            counts.dropped += 1
            return shelf.change(row, shelf.dropped)
        return shelf.change(row, {shelf.column: shelf.write(self._vault.seal(secret, owner=owner))})

"""Covers the connections to SQLite that take one turn of the driver's thread for a statement."""

from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.connect.database.engine import Database

pytestmark = pytest.mark.one_database
THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, unique=True))
COUNTED = select(THINGS.c.name).order_by(THINGS.c.id)


@pytest.fixture
async def things(db: Database) -> Database:
    async with db.connection() as connection:
        await connection.run_sync(THINGS.create)
        await connection.execute(insert(THINGS), [{"name": "one"}, {"name": "two"}])
    return db


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed over to a thread of the driver."""
    seen: list[str] = []
    hand_over: Any = aiosqlite.Connection._execute  # noqa: SLF001 - every way to its thread leads through it

    async def noted(self: aiosqlite.Connection, what: object, *rest: object) -> object:
        seen.append(getattr(what, "__name__", ""))
        return await hand_over(self, what, *rest)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    return seen


async def names(db: Database) -> list[str]:
    async with db.connection() as connection:
        return [str(name) for name in await connection.scalars(COUNTED)]


class TestTurns:
    async def test_are_one_for_a_statement_and_one_for_its_commit(self, things: Database, turns: list[str]) -> None:
        async with things.connection() as connection:
            await connection.execute(insert(THINGS).values(name="three"))
        assert turns == ["_execute", "commit"]

    async def test_are_one_for_what_is_only_read(self, things: Database, turns: list[str]) -> None:
        assert await names(things) == ["one", "two"]
        assert turns == ["_execute"]


class TestStatement:
    async def test_says_how_many_rows_it_changed_and_which_it_made(self, things: Database) -> None:
        async with things.connection() as connection:
            changed = await connection.execute(update(THINGS).values(name=THINGS.c.name + "!"))
            made = await connection.execute(insert(THINGS).values(name="three"))
            returned = await connection.execute(update(THINGS).values(name="x" + THINGS.c.name).returning(THINGS.c.id))
            assert (changed.rowcount, made.inserted_primary_key) == (2, (3,))
            assert sorted(returned.scalars()) == [1, 2, 3]

    async def test_that_fails_says_why_and_undoes_what_came_before(self, things: Database) -> None:
        with pytest.raises(IntegrityError):
            await self._fail(things)
        assert await names(things) == ["one", "two"]
        with pytest.raises(OperationalError):
            async with things.connection() as connection:
                await connection.execute(text("SELECT nothing FROM nowhere"))

    async def _fail(self, things: Database) -> None:
        async with things.connection() as connection:
            await connection.execute(insert(THINGS).values(name="three"))
            await connection.execute(insert(THINGS), [{"name": "four"}, {"name": "one"}])

    async def test_that_writes_after_a_common_table_is_undone(self, things: Database) -> None:
        async def change(connection: AsyncConnection) -> None:
            some = select(THINGS.c.id).limit(1).cte()
            await connection.execute(update(THINGS).where(THINGS.c.id.in_(select(some.c.id))).values(name="gone"))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            async with things.connection() as connection:
                await change(connection)
        assert await names(things) == ["one", "two"]

    async def test_gives_its_rows_as_they_are_asked_for(self, things: Database) -> None:
        async with things.engine.connect() as connection:
            streamed = [row.name async for row in await connection.stream(COUNTED)]
            found = await connection.execute(COUNTED)
            assert (found.fetchone(), found.fetchmany(5), found.fetchone()) == (("one",), [("two",)], None)
        assert streamed == ["one", "two"]

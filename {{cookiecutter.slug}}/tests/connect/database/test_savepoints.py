"""Savepoints in a tenant's session: a row that another process added first undoes itself alone."""

import pytest
from sqlalchemy import Delete, Update, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Database
from app.connect.database.tenant_session import is_writing
from tests.connect.database.library import Book, everything


def book(number: int) -> Book:
    return Book(id=f"mine-{number}", title="new", shelf_id="shelf-mine")


async def add(session: AsyncSession, number: int) -> None:
    async with session.begin_nested():
        session.add(book(number))


class TestSavepoint:
    async def test_that_fails_leaves_the_rest_of_the_transaction(self, mine: AsyncSession, library: Database) -> None:
        await add(mine, 3)
        with pytest.raises(IntegrityError):
            await add(mine, 1)
        await add(mine, 4)
        await mine.commit()
        kept = [(id_, title) for id_, tenant, title in await everything(library) if tenant == "mine"]
        assert kept == [("mine-1", "same"), ("mine-2", "same"), ("mine-3", "new"), ("mine-4", "new")]

    async def test_is_undone_with_the_transaction_around_it(self, mine: AsyncSession, library: Database) -> None:
        before = await everything(library)
        await mine.execute(select(Book.id))
        await add(mine, 3)
        await mine.rollback()
        assert await everything(library) == before

    async def test_that_ended_is_written_until_the_transaction_ends(self, mine: AsyncSession) -> None:
        await add(mine, 3)
        assert is_writing(mine)
        with pytest.raises(IntegrityError):
            await add(mine, 1)
        assert is_writing(mine)
        await mine.commit()
        assert not is_writing(mine)
        await add(mine, 4)
        await mine.rollback()
        assert not is_writing(mine)


class TestWriteThatBeginsWithACommonTable:
    """SQLite's driver knows a write by its first word."""

    @pytest.mark.parametrize("change", [delete(Book), update(Book).values(title="lost")], ids=["delete", "update"])
    async def test_is_undone_with_its_transaction(
        self, mine: AsyncSession, library: Database, change: Delete | Update
    ) -> None:
        before = await everything(library)
        ours = select(Book.id).cte("ours")
        changed = await mine.scalars(change.where(Book.id.in_(select(ours.c.id))).returning(Book.id))
        assert sorted(changed) == ["mine-1", "mine-2"]
        await mine.rollback()
        assert await everything(library) == before

"""What the guard of the tenant's session refuses: rows of others, and statements that it cannot narrow."""

import pytest
from sqlalchemy import Executable, delete, insert, literal, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Database, UnscopedStatement
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState
from tests.connect.database.library import Book, Own, Shared, everything

BOOKS = Own.metadata.tables["guard_books"]


class TestRowsOfAnotherTenant:
    async def test_cannot_be_added(self, mine: AsyncSession) -> None:
        mine.add(Book(id="new", tenant_id="theirs", title="new", shelf_id="shelf-theirs"))
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    async def test_cannot_be_changed_when_they_come_from_elsewhere(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        mine.add(book)
        book.title = "taken"
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    async def test_cannot_be_moved_here(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        mine.add(book)
        book.tenant_id = "mine"
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    async def test_cannot_be_deleted(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        await mine.delete(book)
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    async def test_cannot_be_made_of_own_rows(self, mine: AsyncSession) -> None:
        (await mine.get_one(Book, "mine-1")).tenant_id = "theirs"
        with pytest.raises(UnscopedStatement):
            await mine.flush()


class TestWhatCannotBeNarrowed:
    @pytest.mark.parametrize(
        "statement",
        [
            text("SELECT * FROM guard_books"),
            select(literal(1)),
            select(BOOKS),
            update(BOOKS).values(title="x"),
            delete(BOOKS),
            insert(BOOKS).values(id="x", tenant_id="theirs", title="x", shelf_id="shelf-theirs"),
            insert(Book).values(id="x", tenant_id="theirs", title="x", shelf_id="shelf-theirs"),
            select(Book).from_statement(text("SELECT * FROM guard_books")),
            select(Book).from_statement(select(BOOKS)),
            update(Book).values(tenant_id="theirs"),
            update(Book).values({Book.tenant_id: "theirs"}),
            select(Shared),
            select(TenantRow),
            select(InstallationRow),
            select(Book, InstallationRow.sealed_secret).join(InstallationRow, true()),
            update(TenantRow).values(state=TenantState.UNINSTALLED),
            delete(TenantRow),
            delete(InstallationRow),
        ],
    )
    async def test_is_refused(self, mine: AsyncSession, library: Database, statement: Executable) -> None:
        before = await everything(library)
        with pytest.raises(UnscopedStatement):
            await mine.execute(statement)
        await mine.commit()
        assert await everything(library) == before

    async def test_a_list_of_changes_by_key_is_refused(self, mine: AsyncSession) -> None:
        with pytest.raises(UnscopedStatement, match="Change the objects themselves"):
            await mine.execute(update(Book), [{"id": "theirs-1", "title": "taken"}])

    async def test_a_list_of_new_rows_is_refused(self, mine: AsyncSession) -> None:
        row = {"id": "x", "tenant_id": "theirs", "title": "x", "shelf_id": "shelf-theirs"}
        with pytest.raises(UnscopedStatement, match=r"ctx\.db\.add"):
            await mine.execute(insert(Book), [row])

    async def test_the_bare_connection_is_refused(self, mine: AsyncSession) -> None:
        with pytest.raises(UnscopedStatement):
            _ = await mine.connection()

    @pytest.mark.parametrize("method", ["bulk_insert_mappings", "bulk_update_mappings"])
    async def test_the_old_bulk_methods_are_refused(self, mine: AsyncSession, method: str) -> None:
        row = {"id": "theirs-1", "tenant_id": "theirs", "title": "x", "shelf_id": "shelf-theirs"}
        with pytest.raises(UnscopedStatement):
            await mine.run_sync(lambda session: getattr(session, method)(Book, [row]))

    async def test_a_row_that_belongs_to_nobody_is_refused(self, mine: AsyncSession) -> None:
        mine.add(Shared(id="new"))
        with pytest.raises(UnscopedStatement, match="Mix TenantOwned into the model"):
            await mine.flush()

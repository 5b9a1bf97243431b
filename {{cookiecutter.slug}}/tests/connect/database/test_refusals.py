"""What the guard of the tenant's session refuses: rows of others, and statements that it cannot narrow."""

import pytest
from sqlalchemy import (
    ColumnElement,
    Executable,
    delete,
    func,
    insert,
    lambda_stmt,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import make_transient_to_detached

from app.connect.database.engine import Database
from app.connect.database.guard import UnscopedStatement
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState
from tests.connect.database.library import Book, Own, Shared, Shelf, everything


class Written(ColumnElement[bool]):
    """An expression with a compiler of its own."""

    inherit_cache = True


@compiles(Written)
def _write(*_: object, **__: object) -> str:
    return "1 = 1 OR 1 = 1"


BOOKS = Own.metadata.tables["guard_books"]


class TestRowsOfAnotherTenant:
    async def test_cannot_be_added(self, mine: AsyncSession) -> None:
        mine.add(Book(id="new", tenant_id="theirs", title="new", shelf_id="shelf-theirs"))
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    async def test_cannot_be_changed_when_they_come_from_elsewhere(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        book.title = "taken"
        with pytest.raises(UnscopedStatement, match="another session"):
            mine.add(book)

    async def test_cannot_be_moved_here(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        book.tenant_id = "mine"
        with pytest.raises(UnscopedStatement, match="another session"):
            mine.add(book)

    async def test_cannot_be_deleted(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            book = await session.get_one(Book, "theirs-1")
        with pytest.raises(UnscopedStatement, match="another session"):
            await mine.delete(book)

    @pytest.mark.parametrize("tenant", ["mine", "theirs"])
    async def test_cannot_be_named_as_if_they_had_been_read(self, mine: AsyncSession, tenant: str) -> None:
        book = Book(id="theirs-1", tenant_id=tenant, title="same", shelf_id="shelf-mine")
        make_transient_to_detached(book)
        with pytest.raises(UnscopedStatement, match="another session"):
            mine.add(book)
        with pytest.raises(UnscopedStatement, match="another session"):
            await mine.merge(book, load=False)

    async def test_cannot_come_along_with_an_own_row(self, mine: AsyncSession, library: Database) -> None:
        async with library.session() as session:
            shelf = await session.get_one(Shelf, "shelf-theirs")
        with pytest.raises(UnscopedStatement, match="another session"):
            mine.add(Book(id="new", title="new", shelf=shelf))

    async def test_cannot_be_brought_by_a_refresh(self, mine: AsyncSession, library: Database) -> None:
        book = await mine.get_one(Book, "mine-1")
        async with library.session() as session:
            await session.execute(update(Book).where(Book.id == "mine-1").values(tenant_id="theirs", title="secret"))
        with pytest.raises(InvalidRequestError):
            await mine.refresh(book)
        assert "secret" not in vars(book).values()

    @pytest.mark.parametrize("tenant", [literal("mine"), func.lower("THEIRS"), select(Shelf.tenant_id)])
    async def test_cannot_be_made_by_an_expression(self, mine: AsyncSession, tenant: object) -> None:
        mine.add(Book(id="new", tenant_id=tenant, title="new", shelf_id="shelf-mine"))
        with pytest.raises(UnscopedStatement):
            await mine.flush()

    @pytest.mark.parametrize(
        "title",
        [
            select(func.max(Book.id)).scalar_subquery(),
            text("(SELECT max(id) FROM guard_books)"),
            literal_column("(SELECT max(id) FROM guard_books)"),
            Shelf.label,
            func.query_to_xml("SELECT * FROM guard_books"),
            Book.title.op("|| (SELECT max(id) FROM guard_books) ||")("x"),
        ],
        ids=["query", "text", "literal column", "other model", "function", "operator"],
    )
    async def test_cannot_be_read_by_a_value_of_an_own_row(self, mine: AsyncSession, title: object) -> None:
        book = await mine.get_one(Book, "mine-1")
        setattr(book, "title", title)  # noqa: B010 - a column takes an expression, which its type does not say
        with pytest.raises(UnscopedStatement, match="first"):
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
        with pytest.raises(UnscopedStatement):
            mine.get_bind()

    async def test_a_statement_in_a_lambda_is_refused(self, mine: AsyncSession) -> None:
        with pytest.raises(UnscopedStatement):
            await mine.execute(lambda_stmt(lambda: select(Book)))

    async def test_a_new_tenant_as_a_parameter_is_refused(self, mine: AsyncSession) -> None:
        with pytest.raises(UnscopedStatement, match="stays with its tenant"):
            await mine.execute(update(Book), {"tenant_id": "theirs"})

    async def test_an_old_query_is_narrowed_and_refused_alike(self, mine: AsyncSession) -> None:
        assert await mine.run_sync(lambda session: session.query(Book).count()) == 2
        assert await mine.run_sync(lambda session: session.query(BOOKS.c.id).count()) == 2
        with pytest.raises(UnscopedStatement):
            await mine.run_sync(lambda session: session.query(Book).filter(text("1 = 1")).all())
        with pytest.raises(UnscopedStatement):
            await mine.run_sync(lambda session: session.query(Book).filter(text("1 = 1")).delete())

    async def test_a_construct_that_writes_its_own_sql_is_refused(self, mine: AsyncSession) -> None:
        with pytest.raises(UnscopedStatement, match="SQL of its own"):
            await mine.execute(select(Book.id).where(Written()))

    @pytest.mark.parametrize("method", ["bulk_insert_mappings", "bulk_update_mappings"])
    async def test_the_old_bulk_methods_are_refused(self, mine: AsyncSession, method: str) -> None:
        row = {"id": "theirs-1", "tenant_id": "theirs", "title": "x", "shelf_id": "shelf-theirs"}
        with pytest.raises(UnscopedStatement):
            await mine.run_sync(lambda session: getattr(session, method)(Book, [row]))

    async def test_a_row_that_belongs_to_nobody_is_refused(self, mine: AsyncSession) -> None:
        mine.add(Shared(id="new"))
        with pytest.raises(UnscopedStatement, match="Mix TenantOwned into the model"):
            await mine.flush()

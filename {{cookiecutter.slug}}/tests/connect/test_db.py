"""The guard of the tenant's session: whatever a handler writes, it reaches the rows of its own tenant only."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import (
    Column,
    Executable,
    ForeignKey,
    MetaData,
    String,
    Table,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, joinedload, mapped_column, relationship, selectinload

from app.connect.database.engine import Database, TenantOwned, UnscopedStatement, UtcDateTime
from app.connect.tenancy.tables import TenantRow, TenantState
from tests.connect.rows import tenant_row


class Own(DeclarativeBase):
    """Tables of this test alone: on the add-on's own base they would become part of its schema."""

    metadata = MetaData()


Table("tenants", Own.metadata, Column("id", String(32), primary_key=True))


class Shelf(TenantOwned, Own):
    __tablename__ = "guard_shelves"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(32))
    books: Mapped[list["Book"]] = relationship(back_populates="shelf", order_by="Book.id")


class Book(TenantOwned, Own):
    __tablename__ = "guard_books"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(32))
    shelf_id: Mapped[str] = mapped_column(ForeignKey("guard_shelves.id"))
    printed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shelf: Mapped[Shelf] = relationship(back_populates="books")


class Shared(Own):
    __tablename__ = "guard_shared"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)


@pytest.fixture
async def library(db: Database) -> Database:
    """Two tenants with one shelf and two books each; a book of `theirs` stands on the shelf of `mine`."""
    async with db.engine.begin() as connection:
        await connection.run_sync(Own.metadata.create_all)
    async with db.session() as session:
        session.add_all([tenant_row("mine"), tenant_row("theirs")])
        await session.flush()
        for tenant in ("mine", "theirs"):
            session.add(Shelf(id=f"shelf-{tenant}", tenant_id=tenant, label=tenant))
            await session.flush()
            session.add_all(
                Book(id=f"{tenant}-{number}", tenant_id=tenant, title="same", shelf_id=f"shelf-{tenant}")
                for number in (1, 2)
            )
        session.add(Book(id="theirs-3", tenant_id="theirs", title="stray", shelf_id="shelf-mine"))
        session.add(Shared(id="shared"))
    return db


@pytest.fixture
async def mine(library: Database) -> AsyncIterator[AsyncSession]:
    session = library.tenant_session("mine")
    yield session
    await session.close()


async def everything(db: Database) -> list[tuple[str, str, str]]:
    """Return every book there is: its id, tenant and title."""
    async with db.session() as session:
        rows = await session.execute(select(Book.id, Book.tenant_id, Book.title).order_by(Book.id))
        return [(row.id, row.tenant_id, row.title) for row in rows]


BOOKS = Own.metadata.tables["guard_books"]
OTHER = aliased(Book)
TITLES = select(Book.id, Book.title).subquery()
NEWEST = select(func.max(Book.id).label("id")).group_by(Book.title).cte()


class TestReading:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            (select(Book.id).order_by(Book.id), ["mine-1", "mine-2"]),
            (select(Book.id).where(Book.id == "theirs-1"), []),
            (select(OTHER.id).order_by(OTHER.id), ["mine-1", "mine-2"]),
            (select(func.count()).select_from(Book), [2]),
            (select(func.count(Book.id)), [2]),
            (select(TITLES.c.id).order_by(TITLES.c.id), ["mine-1", "mine-2"]),
            (select(NEWEST.c.id), ["mine-2"]),
            (select(Book.id).join(NEWEST, NEWEST.c.id == Book.id), ["mine-2"]),
            (select(Book.id).join(TITLES, TITLES.c.id != Book.id).distinct().order_by(Book.id), ["mine-1", "mine-2"]),
            (select(OTHER.id).select_from(Book).join(OTHER, OTHER.id > Book.id), ["mine-2"]),
            (select(Book.id).join(Book.shelf).order_by(Book.id), ["mine-1", "mine-2"]),
            (select(Shelf.id).join(Shelf.books).where(Book.title == "stray"), []),
            (select(Shelf.id).where(Shelf.books.any(Book.title == "stray")), []),
            (select(Shelf.id).where(exists().where(Book.shelf_id == Shelf.id, Book.title == "stray")), []),
            (select(Shelf.id).where(Shelf.id.in_(select(Book.shelf_id).where(Book.title == "stray"))), []),
            (select(select(func.count(Book.id)).scalar_subquery()).select_from(Shelf), [2]),
            (union_all(select(Book.id), select(OTHER.id)).order_by("id"), ["mine-1", "mine-1", "mine-2", "mine-2"]),
        ],
    )
    async def test_is_narrowed_to_the_tenant(self, mine: AsyncSession, query: Executable, found: list[object]) -> None:
        assert list((await mine.execute(query)).scalars()) == found

    async def test_by_primary_key_finds_own_rows_only(self, mine: AsyncSession) -> None:
        assert (await mine.get_one(Book, "mine-1")).tenant_id == "mine"
        assert await mine.get(Book, "theirs-1") is None

    async def test_one_statement_serves_two_tenants_in_turn(self, library: Database) -> None:
        query = select(Book.id).order_by(Book.id)
        for tenant, found in (("mine", 2), ("theirs", 3), ("mine", 2)):
            async with library.tenant_session(tenant) as session:
                assert len((await session.scalars(query)).all()) == found

    async def test_a_stream_is_narrowed_too(self, mine: AsyncSession) -> None:
        assert [book.id async for book in await mine.stream_scalars(select(Book).order_by(Book.id))] == [
            "mine-1",
            "mine-2",
        ]

    @pytest.mark.parametrize("load", [selectinload, joinedload])
    async def test_a_relationship_that_is_loaded_ahead_is_narrowed(self, mine: AsyncSession, load: object) -> None:
        assert callable(load)
        shelf = (await mine.scalars(select(Shelf).options(load(Shelf.books)))).unique().one()
        assert [book.id for book in shelf.books] == ["mine-1", "mine-2"]

    async def test_a_relationship_that_is_loaded_late_is_narrowed(self, mine: AsyncSession) -> None:
        shelf = await mine.get_one(Shelf, "shelf-mine")
        books = await mine.run_sync(lambda _: list(shelf.books))
        assert [book.id for book in books] == ["mine-1", "mine-2"]

    async def test_a_relationship_of_a_row_that_was_just_added_is_narrowed(self, mine: AsyncSession) -> None:
        shelf = await mine.get_one(Shelf, "shelf-mine")
        fresh = Book(id="mine-3", title="new", shelf_id=shelf.id)
        mine.add(fresh)
        await mine.flush()
        mine.expunge(shelf)
        loaded = await mine.run_sync(lambda _: fresh.shelf)
        books = await mine.run_sync(lambda _: list(loaded.books))
        assert [book.id for book in books] == ["mine-1", "mine-2", "mine-3"]

    async def test_a_refresh_brings_the_own_row(self, mine: AsyncSession, library: Database) -> None:
        book = await mine.get_one(Book, "mine-1")
        async with library.session() as session:
            await session.execute(update(Book).where(Book.id == "mine-1").values(title="changed"))
        await mine.refresh(book)
        assert book.title == "changed"


class TestChanging:
    async def test_an_update_reaches_own_rows_only(self, mine: AsyncSession, library: Database) -> None:
        await mine.execute(update(Book).values(title="mine now"))
        await mine.commit()
        changed = {(tenant, title) for _, tenant, title in await everything(library)}
        assert changed == {("mine", "mine now"), ("theirs", "same"), ("theirs", "stray")}

    async def test_an_update_of_another_tenants_key_does_nothing(self, mine: AsyncSession, library: Database) -> None:
        before = await everything(library)
        await mine.execute(update(Book).where(Book.id == "theirs-1").values(title="taken"))
        await mine.commit()
        assert await everything(library) == before

    async def test_a_delete_reaches_own_rows_only(self, mine: AsyncSession, library: Database) -> None:
        await mine.execute(delete(Book))
        await mine.commit()
        assert {tenant for _, tenant, _ in await everything(library)} == {"theirs"}

    async def test_a_new_row_gets_its_tenant(self, mine: AsyncSession, library: Database) -> None:
        mine.add(Book(id="mine-3", title="new", shelf_id="shelf-mine"))
        await mine.commit()
        assert ("mine-3", "mine", "new") in await everything(library)

    async def test_rows_that_come_along_get_their_tenant_too(self, mine: AsyncSession, library: Database) -> None:
        shelf = Shelf(id="shelf-new", label="new", books=[Book(id="mine-9", title="new")])
        mine.add(shelf)
        await mine.commit()
        assert ("mine-9", "mine", "new") in await everything(library)

    async def test_a_key_of_another_tenant_cannot_be_taken_by_merging(
        self, mine: AsyncSession, library: Database
    ) -> None:
        before = await everything(library)
        await mine.merge(Book(id="theirs-1", title="taken", shelf_id="shelf-mine"))
        with pytest.raises(IntegrityError):
            await mine.commit()
        assert await everything(library) == before


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
            select(Book, TenantRow.sealed_secret).join(TenantRow, true()),
            update(TenantRow).values(state=TenantState.UNINSTALLED),
            delete(TenantRow),
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


class TestUtcDateTime:
    async def keep(self, db: Database, moment: datetime) -> datetime | None:
        async with db.tenant_session("mine") as session:
            (await session.get_one(Book, "mine-1")).printed = moment
            await session.commit()
        async with db.tenant_session("mine") as session:
            return (await session.get_one(Book, "mine-1")).printed

    async def test_comes_back_aware_and_in_utc(self, library: Database) -> None:
        moment = datetime(2026, 11, 5, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
        kept = await self.keep(library, moment)
        assert kept is not None
        assert kept == moment
        assert kept.utcoffset() == timedelta(0)

    async def test_is_compared_as_a_moment(self, library: Database) -> None:
        await self.keep(library, datetime(2026, 11, 5, 12, tzinfo=UTC))
        same = datetime(2026, 11, 5, 7, tzinfo=timezone(timedelta(hours=-5)))
        async with library.tenant_session("mine") as session:
            assert (await session.scalars(select(Book.id).where(Book.printed == same))).all() == ["mine-1"]

    async def test_refuses_a_moment_without_a_zone(self, library: Database) -> None:
        with pytest.raises(StatementError, match="Pass an aware datetime"):
            await self.keep(library, datetime(2026, 11, 5, 12))  # noqa: DTZ001 - the mistake

    async def test_keeps_nothing_as_nothing(self, library: Database) -> None:
        async with library.tenant_session("mine") as session:
            assert (await session.get_one(Book, "mine-1")).printed is None


class TestSessionOfThePlumbing:
    async def test_keeps_what_was_done_at_its_end(self, library: Database) -> None:
        async with library.session() as session:
            session.add(Shared(id="kept"))
        async with library.session() as session:
            assert await session.get(Shared, "kept") is not None

    async def test_undoes_everything_on_an_error(self, library: Database) -> None:
        with pytest.raises(RuntimeError):
            await add_and_fail(library)
        async with library.session() as session:
            assert await session.get(Shared, "undone") is None

    async def test_holds_rows_to_their_tenant(self, library: Database) -> None:
        async with library.session() as session:
            await session.execute(delete(Book))
            await session.execute(delete(Shelf))
        with pytest.raises(IntegrityError):
            await add_orphan(library)


async def add_and_fail(db: Database) -> None:
    async with db.session() as session:
        session.add(Shared(id="undone"))
        await session.flush()
        raise RuntimeError("after the flush")


async def add_orphan(db: Database) -> None:
    async with db.session() as session:
        session.add(Shelf(id="orphan", tenant_id="nobody", label=""))

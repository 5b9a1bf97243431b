"""The guard of the tenant's session: whatever a handler writes, it reaches the rows of its own tenant only."""

import pytest
from sqlalchemy import Executable, case, delete, distinct, exists, extract, func, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectin_polymorphic, selectinload

from app.connect.database.engine import Database
from tests.connect.database.library import Book, Film, Item, Shelf, Tag, everything

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
            (select(Book.id).order_by(Book.id.desc()).offset(1).limit(5), ["mine-1"]),
            (select(Book.id).order_by("id").with_for_update(skip_locked=True, of=Book), ["mine-1", "mine-2"]),
            (select(Shelf.label).join(Book).group_by(Shelf.label).having(func.count(Book.id) > 1), ["mine"]),
            (select(func.coalesce(func.sum(case((Book.title == "same", 1), else_=10)), 0)), [2]),
            (select(func.row_number().over(order_by=Book.id)).order_by(Book.id), [1, 2]),
            (select(Book.id).where(Book.title.ilike("SA%"), Book.id.in_(["mine-1", "theirs-1"])), ["mine-1"]),
            (select(Book.id).where(Book.title.op("||")("!") == "same!", Book.id.op("LIKE")("%2")), ["mine-2"]),
            (select(func.count()).select_from(Book).where(extract("year", Book.printed).is_(None)), [2]),
            (select(func.count(distinct(Book.title))).where(Book.printed.is_(None)), [1]),
            (select(func.count()).select_from(select(Book).where(Book.title == "stray").subquery()), [0]),
            (select(Shelf.id).outerjoin(Book, Book.title == "stray").where(Book.id.is_(None)), ["shelf-mine"]),
            (select(Film.director).order_by(Film.id), ["mine"]),
            (select(Tag.id).join(Film.tags).order_by(Tag.id), ["tag-mine"]),
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

    async def test_rows_of_an_inherited_model_are_narrowed(self, mine: AsyncSession) -> None:
        items = (await mine.scalars(select(Item).options(selectin_polymorphic(Item, [Film])))).all()
        assert [item.id for item in items] == ["film-mine"]
        film = (await mine.scalars(select(Film).options(selectinload(Film.tags)))).one()
        assert [tag.id for tag in film.tags] == ["tag-mine"]

    async def test_what_an_inherited_row_lacks_is_read_later(self, mine: AsyncSession) -> None:
        item = (await mine.scalars(select(Item))).one()
        assert isinstance(item, Film)
        assert await mine.run_sync(lambda _: item.director) == "mine"

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

    async def test_a_row_counts_up_in_the_database(self, mine: AsyncSession, library: Database) -> None:
        book = await mine.get_one(Book, "mine-1")
        setattr(book, "title", Book.title + "!")  # noqa: B010 - a column takes an expression, which its type does not say
        await mine.commit()
        assert ("mine-1", "mine", "same!") in await everything(library)

    async def test_an_update_by_an_alias_reaches_own_rows_only(self, mine: AsyncSession, library: Database) -> None:
        await mine.execute(update(OTHER).where(OTHER.shelf_id.in_(select(Shelf.id))).values(title="mine now"))
        await mine.commit()
        assert {tenant for _, tenant, title in await everything(library) if title == "mine now"} == {"mine"}

    async def test_an_update_returns_own_rows_only(self, mine: AsyncSession) -> None:
        changed = await mine.scalars(update(Book).values(title="x").returning(Book))
        assert sorted(book.id for book in changed) == ["mine-1", "mine-2"]

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

"""Sessions of the plumbing, what they write by the dialect's own words, and moments in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, StatementError

from app.connect.database.engine import Database
from app.connect.database.store import StoreItem
from tests.connect.database.library import Book, Shared, Shelf


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


class TestInsertOrIgnore:
    """A row whose unique columns are taken stays as it is, on both databases."""

    @staticmethod
    def row(**changes: object) -> dict[str, object]:
        return {
            "tenant_id": "mine",
            "digest": "d" * 64,
            "scope": "scope",
            "key_json": '"key"',
            "value_json": "1",
            "changed_at": 0.0,
        } | changes

    async def put(self, db: Database, *rows: dict[str, object]) -> int:
        async with db.session() as session:
            insert = db.insert_or_ignore(StoreItem).values(list(rows)).returning(StoreItem.digest)
            # Counted by what comes back: a driver need not know how many rows were written.
            return len((await session.execute(insert)).all())

    async def values(self, db: Database) -> list[tuple[str, str]]:
        async with db.session() as session:
            query = select(StoreItem.tenant_id, StoreItem.value_json).order_by(StoreItem.tenant_id)
            return [(row.tenant_id, row.value_json) for row in await session.execute(query)]

    async def test_puts_a_row_whose_place_is_free(self, library: Database) -> None:
        assert await self.put(library, self.row()) == 1
        assert await self.values(library) == [("mine", "1")]

    async def test_leaves_alone_the_row_that_is_there(self, library: Database) -> None:
        await self.put(library, self.row())
        assert await self.put(library, self.row(value_json="2")) == 0
        assert await self.values(library) == [("mine", "1")]

    async def test_puts_of_several_rows_those_whose_places_are_free(self, library: Database) -> None:
        await self.put(library, self.row())
        assert await self.put(library, self.row(value_json="2"), self.row(tenant_id="theirs", value_json="3")) == 1
        assert await self.values(library) == [("mine", "1"), ("theirs", "3")]

    async def test_still_refuses_what_breaks_another_rule(self, library: Database) -> None:
        with pytest.raises(IntegrityError):
            await self.put(library, self.row(tenant_id="nobody"))
        assert await self.values(library) == []


async def add_and_fail(db: Database) -> None:
    async with db.session() as session:
        session.add(Shared(id="undone"))
        await session.flush()
        raise RuntimeError("after the flush")


async def add_orphan(db: Database) -> None:
    async with db.session() as session:
        session.add(Shelf(id="orphan", tenant_id="nobody", label=""))

"""What reaches the database beside the statement that was narrowed: values given with it, and defaults of columns."""

from datetime import datetime

import pytest
from sqlalchemy import Column, Delete, ForeignKey, MetaData, Select, String, Table, Update, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.connect.database.engine import Database, UtcDateTime
from app.connect.database.guard import TenantOwned, UnscopedStatement
from app.connect.database.narrowing import PARAMETER, Narrowed
from tests.connect.database.library import Book, everything

IDS = select(Book.id).order_by(Book.id)


class Own(DeclarativeBase):
    """Tables of this test alone."""

    metadata = MetaData()


Table("tenants", Own.metadata, Column("id", String(32), primary_key=True))
COUNTED = select(func.count(Book.id)).scalar_subquery()
between = Table(
    "around_between",
    Own.metadata,
    Column("ticket_id", ForeignKey("around_tickets.id"), primary_key=True),
    Column("other_id", ForeignKey("around_tickets.id"), primary_key=True),
    Column("number", default=COUNTED),
)


class Ticket(TenantOwned, Own):
    __tablename__ = "around_tickets"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(default=COUNTED)


class Changed(TenantOwned, Own):
    __tablename__ = "around_changed"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int | None] = mapped_column(onupdate=COUNTED)


class Linked(TenantOwned, Own):
    __tablename__ = "around_linked"

    id: Mapped[str] = mapped_column(ForeignKey("around_tickets.id"), primary_key=True)
    others: Mapped[list[Ticket]] = relationship(
        secondary=between,
        primaryjoin=lambda: Linked.id == between.c.ticket_id,
        secondaryjoin=lambda: Ticket.id == between.c.other_id,
    )


class Dated(TenantOwned, Own):
    __tablename__ = "around_dated"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    made: Mapped[datetime] = mapped_column(UtcDateTime, default=func.now())
    label: Mapped[str] = mapped_column(default=lambda: "new", onupdate=func.lower("OLD"))


class TestGivenValues:
    @pytest.mark.parametrize(
        "statement",
        [IDS, update(Book).values(title="taken").returning(Book.id), delete(Book).returning(Book.id)],
        ids=["select", "update", "delete"],
    )
    async def test_never_take_the_place_of_the_tenant(
        self, library: Database, mine: AsyncSession, statement: Select[str] | Update | Delete
    ) -> None:
        """They did, by the name that the parameter has in the SQL: `{"tenant_1": "theirs"}` read what is theirs."""
        before = [row for row in await everything(library) if row[1] == "theirs"]
        for name in (f"{PARAMETER}_1", PARAMETER, Narrowed("mine").tenant.key):
            with pytest.raises(UnscopedStatement, match="Name yours differently"):
                await mine.execute(statement, {name: "theirs"})
        await mine.commit()
        assert [row for row in await everything(library) if row[1] == "theirs"] == before

    async def test_of_any_other_name_change_nothing(self, mine: AsyncSession) -> None:
        for name in ("tenant", "tenant_1", "tenant_id", "param_1"):
            assert list((await mine.execute(IDS, {name: "theirs"})).scalars()) == ["mine-1", "mine-2"]


class TestDefaults:
    @pytest.mark.parametrize("model", [Ticket, Changed, Linked], ids=["default", "onupdate", "secondary"])
    async def test_that_ask_for_more_than_the_row_are_refused(
        self, mine: AsyncSession, model: type[Ticket | Changed | Linked]
    ) -> None:
        """They are part of no statement of the tenant's, so they counted the rows of all."""
        mine.add(model(id="one"))
        with pytest.raises(UnscopedStatement, match="cannot be narrowed to the tenant"):
            await mine.flush()

    async def test_of_the_row_may_stay(self, library: Database, mine: AsyncSession) -> None:
        async with library.engine.begin() as connection:
            await connection.run_sync(Dated.__table__.create)  # type: ignore[attr-defined]
        row = Dated(id="one")
        mine.add(row)
        await mine.flush()
        row.made = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
        await mine.flush()
        await mine.refresh(row)
        assert (row.label, row.made.year) == ("old", 2020)
        await mine.commit()

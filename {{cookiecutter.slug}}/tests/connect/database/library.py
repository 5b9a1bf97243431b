"""Two tenants with shelves and books, for tests of the guard that keeps tenants apart."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, MetaData, String, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.connect.database.engine import Database, TenantOwned, UtcDateTime
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


async def fill(db: Database) -> None:
    """Make two tenants with one shelf and two books each; a book of `theirs` stands on the shelf of `mine`."""
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


async def everything(db: Database) -> list[tuple[str, str, str]]:
    """Return every book there is: its id, tenant and title."""
    async with db.session() as session:
        rows = await session.execute(select(Book.id, Book.tenant_id, Book.title).order_by(Book.id))
        return [(row.id, row.tenant_id, row.title) for row in rows]

"""Two tenants with shelves and books, for tests of the guard that keeps tenants apart."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, MetaData, String, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.connect.database.engine import Database, UtcDateTime
from app.connect.database.guard import TenantOwned
from tests.connect.rows import tenant_row


class Own(DeclarativeBase):
    """Tables of this test alone: on the add-on's own base they would become part of its schema."""

    metadata = MetaData()


TENANTS = Table("tenants", Own.metadata, Column("id", String(32), primary_key=True))


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
    title: Mapped[str] = mapped_column(String(32), default="same")


tagging = Table(
    "guard_tagging",
    Own.metadata,
    Column("film_id", ForeignKey("guard_films.id"), primary_key=True),
    Column("tag_id", ForeignKey("guard_tags.id"), primary_key=True),
)


class Item(TenantOwned, Own):
    """What is inherited from: the row of a film is in two tables, and one of them names no tenant."""

    __tablename__ = "guard_items"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "item"}

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))


class Film(Item):
    __tablename__ = "guard_films"
    __mapper_args__ = {"polymorphic_identity": "film"}

    id: Mapped[str] = mapped_column(ForeignKey("guard_items.id"), primary_key=True)
    director: Mapped[str] = mapped_column(String(32))
    shared_id: Mapped[str | None] = mapped_column(ForeignKey("guard_shared.id"))
    tags: Mapped[list["Tag"]] = relationship(secondary=tagging, order_by="Tag.id")
    shared: Mapped[Shared | None] = relationship()


class Tag(TenantOwned, Own):
    __tablename__ = "guard_tags"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)


async def fill(db: Database, *, with_theirs: bool = True) -> None:
    """Make two tenants with one shelf and two books each; a book of `theirs` stands on the shelf of `mine`.

    `with_theirs=False` makes the world as it would be without the other tenant, in a database without any table.
    """
    async with db.engine.begin() as connection:
        await connection.run_sync(Own.metadata.create_all)
    tenants = ("mine", "theirs") if with_theirs else ("mine",)
    async with db.session() as session:
        if with_theirs:
            session.add_all([tenant_row("mine"), tenant_row("theirs")])
            await session.flush()
        else:
            await session.execute(TENANTS.insert().values(id="mine"))
        session.add(Shared(id="shared"))
        for tenant in tenants:
            session.add(Shelf(id=f"shelf-{tenant}", tenant_id=tenant, label=tenant))
            await session.flush()
            session.add_all(
                Book(id=f"{tenant}-{number}", tenant_id=tenant, title="same", shelf_id=f"shelf-{tenant}")
                for number in (1, 2)
            )
            tags = [Tag(id=f"tag-{tenant}", tenant_id=tenant)]
            session.add(Film(id=f"film-{tenant}", tenant_id=tenant, director=tenant, shared_id="shared", tags=tags))
        if with_theirs:
            await session.flush()
            session.add(Book(id="theirs-3", tenant_id="theirs", title="stray", shelf_id="shelf-mine"))
            await session.execute(tagging.insert().values(film_id="film-mine", tag_id="tag-theirs"))
            await session.execute(tagging.insert().values(film_id="film-theirs", tag_id="tag-mine"))


async def everything(db: Database) -> list[tuple[str, str, str]]:
    """Return every book there is: its id, tenant and title."""
    async with db.session() as session:
        rows = await session.execute(select(Book.id, Book.tenant_id, Book.title).order_by(Book.id))
        return [(row.id, row.tenant_id, row.title) for row in rows]

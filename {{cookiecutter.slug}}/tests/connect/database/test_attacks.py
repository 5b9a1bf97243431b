"""Ways around the guard: each is refused, or says and does what it would if the other tenant did not exist."""

import pytest
from sqlalchemy import (
    Executable,
    Table,
    and_,
    column,
    delete,
    exists,
    extract,
    func,
    insert,
    lateral,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    union,
    update,
)
from sqlalchemy.orm import aliased, contains_eager, join, joinedload, with_loader_criteria
from sqlalchemy.sql import quoted_name
from sqlalchemy.sql.functions import Function

from app.connect.database.engine import Database
from app.connect.database.guard import TenantOwned
from app.connect.tenancy.tables import InstallationRow, TenantRow
from tests.connect.database.library import Book, Film, Item, Shared, Shelf, Tag, tagging
from tests.connect.database.worlds import outcome, rows

BOOKS, SHELVES, FILMS = (one.__table__ for one in (Book, Shelf, Film))
assert isinstance(BOOKS, Table)
OTHER, B2 = aliased(Book), BOOKS.alias()
ALL = "1 = 1 OR 1 = 1"
CHANGING = update(Book).values(title="taken").returning(Book.id).cte()

TEXT = {
    "select where text": select(Book.id).where(text(ALL)),
    "select where text and more": select(Book.id).where(Book.id != "x", text(ALL)),
    "select with a query as text": select(Book.id, text("(SELECT max(id) FROM guard_books)")),
    "select having text": select(Book.title).group_by(Book.title).having(text("EXISTS (SELECT 1 FROM guard_shared)")),
    "select order by text": select(Book.id).order_by(text("(SELECT count(*) FROM guard_books)")),
    "select literal column": select(Book.id, literal_column("(SELECT max(id) FROM guard_books)")),
    "select text columns": select(text("id")).select_from(Book).where(text(ALL)),
    "select text union": select(Book.id).where(text("1 = 0 UNION SELECT id FROM guard_books")),
    "select by statement of text": select(Book).from_statement(text("SELECT * FROM guard_books")),
    "select subquery of text": select(
        text("id FROM guard_books UNION SELECT id").columns(column("id")).subquery().c.id
    ),
    "select prefix": select(Book.id).prefix_with("id FROM guard_books UNION SELECT"),
    "select suffix": select(Book.id).suffix_with("UNION SELECT id FROM guard_books"),
    "select hint": select(Book.id).with_statement_hint("UNION SELECT id FROM guard_books"),
    "select operator": select(Book.id).where(Book.id.op("= '' OR '' =")("")),
    "select operator that closes": select(Book.id).where(Book.id.op("= '') OR (1 =")(1)),
    "select unquoted label": select(Book.id.label(quoted_name("x FROM guard_books --", quote=False))),
    "select field of extract": select(extract("year FROM now()), (SELECT max(id) FROM guard_books", Book.printed)),
    "select function that runs a query": select(
        func.query_to_xml("SELECT * FROM guard_books", literal(True), literal(True), ""), Book.id
    ),
    "select function of a table": select(func.table_to_xml("guard_books", literal(True), literal(True), ""), Book.id),
    "update where text": update(Book).where(text(ALL)).values(title="taken"),
    "update operator of low precedence": update(Book)
    .where(Book.id.op("OR", precedence=100)(literal(True)))
    .values(title="taken"),
    "update value of text": update(Book).values(title=text("(SELECT max(id) FROM guard_books)")),
    "update returning text": update(Book).values(title="x").returning(text("(SELECT max(id) FROM guard_books)")),
    "delete where text": delete(Book).where(text(ALL)),
    "delete where literal column": delete(Book).where(literal_column(ALL)),
    "joined load and text": select(Shelf).options(joinedload(Shelf.books.and_(text(ALL)))),
    "join and text": select(Shelf.id, Book.id).join(Shelf.books.and_(text(ALL))),
    "criteria of text": select(Book).options(with_loader_criteria(Book, literal_column(ALL))),
}
CORE = {
    "core columns": select(BOOKS.c.id),
    "core table": select(BOOKS),
    "core column beside a model": select(Shelf.id, BOOKS.c.id),
    "core column in a function": select(func.count(BOOKS.c.id)).select_from(Shelf),
    "core alias": select(Book.id, B2.c.id),
    "core in where": select(Shelf.id).where(BOOKS.c.title == "stray"),
    "core in exists": select(Shelf.id).where(exists().where(BOOKS.c.shelf_id == Shelf.id, BOOKS.c.title == "stray")),
    "core in a subquery": select(Shelf.id).where(
        Shelf.id.in_(select(BOOKS.c.shelf_id).where(BOOKS.c.title == "stray"))
    ),
    "core scalar": select(Shelf.id, select(func.max(BOOKS.c.id)).scalar_subquery()),
    "core cte": select(Shelf.id, select(func.max(BOOKS.c.id).label("top")).cte().c.top),
    "core join": select(Shelf.id, B2.c.id).join(B2, B2.c.shelf_id == Shelf.id),
    "core outer join": select(Shelf.id, B2.c.id).outerjoin(B2, B2.c.shelf_id == Shelf.id),
    "core select from": select(func.count()).select_from(BOOKS).where(Book.id != "x"),
    "core union": select(Book.id).union_all(select(BOOKS.c.id)),
    "core except": select(Book.id).except_(select(BOOKS.c.id).where(BOOKS.c.title == "stray")),
    "core lateral": select(Shelf.id, lateral(select(B2.c.id).where(B2.c.shelf_id == Shelf.id), "x").c.id),
    "core by statement": select(Book).from_statement(select(BOOKS)),
    "lightweight table": select(Book.id, table("guard_books", column("title")).c.title),
    "aliased onto a core query": select(aliased(Book, select(BOOKS).subquery()).id),
    "child table of a model": select(FILMS.c.director, Tag.id),
    "secondary table": select(tagging.c.film_id, Tag.id),
    "secondary in exists": select(Tag.id).where(exists().where(tagging.c.tag_id == Tag.id)),
    "core update": update(BOOKS).values(title="taken"),
    "core update with a model": update(BOOKS).where(Book.id != "x").values(title="taken"),
    "core delete": delete(BOOKS).where(Book.id != "x"),
    "core column updated": update(Book).values({BOOKS.c.tenant_id: "theirs"}),
    "core strategy of an update": update(Book).values(title="x").execution_options(dml_strategy="core_only"),
    "core strategy of a delete": delete(Book).execution_options(dml_strategy="core_only"),
    "bulk strategy of an update": update(Book).values(title="x").execution_options(dml_strategy="bulk"),
}
MODELS = {
    "model only in where": select(Shelf.id).where(Book.shelf_id == Shelf.id, Book.title == "stray"),
    "model only in having": select(Shelf.id).group_by(Shelf.id).having(func.max(Book.title) == "stray"),
    "model only in order by": select(Shelf.id).order_by(Book.title),
    "model only in group by": select(func.count()).select_from(Shelf).group_by(Book.title),
    "model only in a function": select(func.max(Book.title), func.max(Shelf.id)),
    "model only in arithmetic": select(Shelf.id + Book.title),
    "model only in a case": select(func.coalesce(func.nullif(Book.title, "same"), Shelf.id)),
    "model only in filter": select(func.count().filter(Book.title == "stray")).select_from(Shelf),
    "model only in over": select(Shelf.id, func.count().over(partition_by=Book.title)),
    "join of two models": select(func.count()).select_from(join(Shelf, Book, true())),
    "join on the left": select(func.count()).select_from(join(Book, Shelf, Book.shelf_id == Shelf.id)),
    "outer join": select(Shelf.id, Book.id).outerjoin(Book, Book.shelf_id == Shelf.id),
    "outer join from the right": select(Shelf.id, Book.id).select_from(Book).outerjoin(Shelf, Shelf.id == "x"),
    "full join": select(Shelf.id, Book.id).join(Book, Book.title == "none", full=True),
    "join of an alias": select(Shelf.id, OTHER.id).join(OTHER, OTHER.shelf_id == Shelf.id),
    "correlated alias": select(Book.id).where(exists().where(OTHER.shelf_id == Book.shelf_id, OTHER.title == "stray")),
    "correlated scalar": select(
        Shelf.id, select(func.count(Book.id)).where(Book.shelf_id == Shelf.id).scalar_subquery()
    ),
    "explicit correlation": select(Shelf.id).where(
        select(Book.id).where(Book.shelf_id == Shelf.id, Book.title == "stray").correlate(Shelf).exists()
    ),
    "lateral": select(Shelf.id, lateral(select(Book.id).where(Book.shelf_id == Shelf.id), "x").c.id),
    "union as a model": select(aliased(Book, union(select(Book), select(Book)).subquery()).id),
    "recursive": select(select(Book.id).cte("seen", recursive=True).union(select(Book.id)).c.id),
    "not in": select(Book.title).where(Shelf.id.not_in(select(Book.shelf_id).where(Book.title == "stray"))),
    "has": select(Book.id).where(Book.shelf.has(Shelf.label == "theirs")),
    "any of any": select(Shelf.id).where(Shelf.books.any(Book.shelf.has(Shelf.books.any(Book.title == "stray")))),
    "loaded with a joined row": select(Shelf).join(Shelf.books).options(contains_eager(Shelf.books)),
    "criteria that are always true": select(Book).options(with_loader_criteria(TenantOwned, true())),
    "inherited": select(Film.director, Film.id),
    "inherited through its base": select(Item).order_by(Item.id),
    "secondary": select(Film).options(joinedload(Film.tags)),
    "secondary joined": select(Film.id, Tag.id).join(Film.tags),
    "secondary any": select(Film.id).where(Film.tags.any(Tag.id == "tag-theirs")),
    "column without a table": select(column("title")).select_from(Book),
    "sample": select(aliased(Book, BOOKS.tablesample(100)).id),
    "update from": update(Book).where(Book.shelf_id == Shelf.id, Shelf.label == "theirs").values(title="taken"),
    "update from an alias": update(Book).where(OTHER.title == "stray").values(title="taken"),
    "update from core": update(Book).where(B2.c.title == "stray").values(title="taken"),
    "update of an alias": update(OTHER).values(title="taken"),
    "update value of a query": update(Book).values(title=select(func.max(OTHER.id)).scalar_subquery()),
    "update value of a core query": update(Book).values(title=select(func.max(B2.c.id)).scalar_subquery()),
    "update where or": update(Book).where(or_(Book.id == "theirs-1", true())).values(title="taken"),
    "update where core exists": update(Book).where(exists().where(B2.c.title == "stray")).values(title="taken"),
    "update in a cte": select(Book.id).where(Book.id.in_(select(CHANGING.c.id))),
    "update in an added cte": select(Book.id).add_cte(CHANGING),
    "update returning all": update(Book).values(title="x").returning(Book, Shelf.label).where(Shelf.id != "x"),
    "insert in a cte": select(Shelf.id).add_cte(
        insert(Book).values(id="n", tenant_id="theirs", title="n", shelf_id="shelf-theirs").cte()
    ),
    "delete in a cte": select(Book.id).add_cte(delete(BOOKS).returning(BOOKS.c.id).cte()),
    "delete using": delete(Book).where(Book.shelf_id == Shelf.id, Shelf.label == "theirs"),
    "delete where core": delete(Book).where(Book.id.in_(select(B2.c.id).where(B2.c.title == "stray"))),
    "delete where or": delete(Book).where(or_(Book.title == "same", and_(true(), Book.id != "x"))),
    "delete of the base": delete(Item).where(Item.id != "x"),
    "update of a child": update(Film).values(director="taken"),
}
MUST_BE_REFUSED = {
    "shared in exists": select(Book.id).where(exists().where(Shared.id == "shared")),
    "shared in a subquery": select(Book.id).where(Book.title.in_(select(Shared.title))),
    "shared in a cte": select(Book.id, select(Shared.id).cte().c.id),
    "shared by a loader": select(Film).options(joinedload(Film.shared)),
    "shared by a join": select(Film.id).join(Film.shared),
    "tenants in exists": select(Book.id).where(exists().where(TenantRow.id == "theirs")),
    "tenants counted": select(Book.id, select(func.count(TenantRow.id)).scalar_subquery()),
    "installations joined": select(Book.id).join(InstallationRow, true()),
    "tenant by expression": update(Book).values(tenant_id=func.lower("THEIRS")),
    "tenant by a query": update(Book).values({Book.tenant_id: select(Shelf.tenant_id).scalar_subquery()}),
    "tenant by its column": update(Book).values({BOOKS.c.tenant_id: "theirs"}),
    "tenant in order": update(Book).ordered_values((Book.title, "x"), (Book.tenant_id, "theirs")),
    "function of files": select(Book.id, Function("pg_read_file", literal("/etc/hostname"))),
}

# One test for many statements: two databases for each of them would cost minutes.


@pytest.mark.filterwarnings("ignore:.* statement has a cartesian product")
@pytest.mark.parametrize("statements", [CORE, MODELS], ids=["core", "models"])
async def test_nothing_of_another_tenant_is_told_or_changed(
    library: Database, alone: Database, statements: dict[str, Executable]
) -> None:
    _, before = await rows(library)
    breaches = []
    for name, statement in statements.items():
        found = await outcome(library, statement)
        if found is not None and found != await outcome(alone, statement, theirs=before):
            breaches.append(name)
    assert breaches == []


@pytest.mark.parametrize("statements", [TEXT, MUST_BE_REFUSED], ids=["text", "tables"])
async def test_what_cannot_be_narrowed_is_refused(library: Database, statements: dict[str, Executable]) -> None:
    assert [name for name, statement in statements.items() if await outcome(library, statement) is not None] == []

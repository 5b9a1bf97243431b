"""Statements of any shape over two models: pieces that an author would write, and pieces that nobody should."""

from collections.abc import Callable
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st
from sqlalchemy import (
    Executable,
    and_,
    delete,
    exists,
    func,
    insert,
    lateral,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
    true,
    union,
    union_all,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased, joinedload, selectinload, with_loader_criteria

from tests.connect.database.library import Book, Shelf

ENTITIES: list[Any] = [Book, Shelf, aliased(Book), aliased(Shelf), aliased(Book, name="b")]
TABLES: list[Any] = [Book.__table__, Shelf.__table__, Book.__table__.alias()]
VALUES = ["same", "stray", "mine-1", "theirs-1", "shelf-mine", "shelf-theirs", "mine", "theirs"]
BREAKOUTS: list[Any] = [
    text("1 = 1 OR 1 = 1"),
    literal_column("1 = 1 OR 1 = 1"),
    Book.title.op("= '' OR '' =", precedence=99)("x"),
]
UNBUILDABLE = (SQLAlchemyError, AssertionError, AttributeError, LookupError, TypeError)
"""What SQLAlchemy says to pieces that do not fit together: no example for the guard."""


def made(build: Callable[..., Any], *pieces: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build from pieces; what does not fit together is no example."""

    def attempt(*drawn: Any) -> Any:
        try:
            return build(*drawn)
        except UNBUILDABLE:
            reject()

    return st.builds(attempt, *pieces)


values = st.sampled_from(VALUES)
entities = st.sampled_from(ENTITIES)


@st.composite
def columns(draw: st.DrawFn) -> Any:
    """A column of a model, now and then of a bare table, or SQL as text."""
    kind = draw(st.integers(0, 39))
    if kind == 0:
        return draw(
            st.sampled_from([literal_column("title"), text("id"), literal_column("(SELECT max(id) FROM guard_books)")])
        )
    if kind <= 3:
        table = draw(st.sampled_from(TABLES))
        return draw(st.sampled_from(list(table.c)))
    entity = draw(entities)
    names = [name for name in ("id", "title", "shelf_id", "label", "tenant_id") if hasattr(entity, name)]
    return getattr(entity, draw(st.sampled_from(names)))


@st.composite
def queries(draw: st.DrawFn, conditions: st.SearchStrategy[Any]) -> Any:
    """A query of one column."""
    try:
        return _drawn_query(draw, conditions)
    except UNBUILDABLE:
        reject()


def _drawn_query(draw: st.DrawFn, conditions: st.SearchStrategy[Any]) -> Any:
    query = select(draw(columns()))
    for condition in draw(st.lists(conditions, max_size=2)):
        query = query.where(condition)
    if draw(st.booleans()):
        query = query.select_from(draw(st.sampled_from([*ENTITIES, *TABLES])))
    if draw(st.booleans()):
        query = query.join(draw(st.sampled_from([*ENTITIES, *TABLES])), true(), isouter=draw(st.booleans()))
    return query


def _compounds(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    query = queries(conditions)
    return st.one_of(
        made(and_, conditions, conditions),
        made(or_, conditions, conditions),
        made(not_, conditions),
        made(exists, query),
        made(lambda column, one: column.in_(one), _operands, query),
        made(lambda column, one: column.not_in(one), _operands, query),
        made(lambda column, one: column == one.scalar_subquery(), _operands, query.map(lambda one: one.limit(1))),
        made(lambda column, one: column == select(one.cte().c[0]).scalar_subquery(), _operands, query),
        made(lambda condition: exists().where(condition), conditions),
        made(Shelf.books.any, conditions),
        made(Book.shelf.has, conditions),
    )


_operands = columns().map(lambda column: column if hasattr(column, "in_") else literal("x"))
conditions = st.recursive(
    st.one_of(
        made(lambda column, value: column == value, _operands, values),
        made(lambda column, value: column != value, _operands, values),
        made(lambda one, other: one == other, _operands, _operands),
        made(lambda column, value: column.op("||")(value) != value, _operands, values),
        st.sampled_from([true()] * 12 + BREAKOUTS),
    ),
    _compounds,
    max_leaves=4,
)


def _changed(start: Callable[[Any], Any]) -> Callable[..., Any]:
    def build(target: Any, criteria: list[Any], returned: list[Any], wrapped: bool) -> Any:  # noqa: FBT001 - drawn
        statement = start(target).where(*criteria)
        if not wrapped:
            return statement.returning(*returned) if returned else statement
        return select(Book.id).add_cte(statement.returning(literal(1).label("one")).cte())

    return build


TURNS: list[Callable[[Any, Any, Any], Any]] = [
    lambda query, condition, other: query.join(other, condition),
    lambda query, condition, other: query.join(other, condition, full=True),
    lambda query, condition, other: query.outerjoin(other, condition),
    lambda query, condition, _: query.options(selectinload(Shelf.books.and_(condition))),
    lambda query, condition, _: query.options(joinedload(Shelf.books.and_(condition))),
    lambda query, condition, _: query.options(with_loader_criteria(Book, condition)),
    lambda query, condition, _: query.join(Shelf.books.and_(condition)),
    lambda query, condition, other: query.join(lateral(select(other).where(condition), "side"), true()),
    lambda query, _, __: select(func.count(Book.id)).select_from(query.subquery()),
    lambda query, condition, _: query.group_by(*query.selected_columns).having(condition),
    lambda query, _, other: query.order_by(other.id if hasattr(other, "id") else other.c.id),
]
"""What else may happen to a query: with a condition, and another model or table."""


def _scalar(query: Any) -> Any:
    return query.limit(1).scalar_subquery()


@st.composite
def _selects(draw: st.DrawFn) -> Any:
    try:
        return _drawn_select(draw)
    except UNBUILDABLE:
        reject()


def _drawn_select(draw: st.DrawFn) -> Any:
    columns_or_queries = st.one_of(columns(), columns(), entities, queries(conditions).map(_scalar))
    query = select(*draw(st.lists(columns_or_queries, min_size=1, max_size=2)))
    for condition in draw(st.lists(conditions, max_size=2)):
        query = query.where(condition)
    turn = draw(st.sampled_from([*TURNS, None, None]))
    return query if turn is None else turn(query, draw(conditions), draw(st.sampled_from([*ENTITIES, *TABLES])))


def statements() -> st.SearchStrategy[Executable]:
    """Return any statement: select, union, update, delete or insert."""
    criteria = st.lists(conditions, max_size=2)
    returned = st.lists(columns(), max_size=2)
    target = st.sampled_from([*ENTITIES[:3], TABLES[0]])
    value = st.one_of(values, columns(), queries(conditions).map(_scalar))
    query = queries(conditions)
    new = {"id": "new", "tenant_id": "theirs", "title": "new", "shelf_id": "shelf-theirs"}
    return st.one_of(
        _selects(),
        _selects(),
        made(union, query, query),
        made(union_all, query, query),
        made(lambda one: select(aliased(Book, one.subquery()).id), _selects()),
        made(_changed(lambda model: update(model).values(title="taken")), target, criteria, returned, st.booleans()),
        made(
            _changed(lambda model: update(model).values(tenant_id="theirs")), target, criteria, returned, st.booleans()
        ),
        made(
            lambda model, given, found: update(model).values(title=given).where(*found),
            st.sampled_from(ENTITIES[:1]),
            value,
            criteria,
        ),
        made(_changed(delete), target, criteria, returned, st.booleans()),
        st.just(insert(Book).values(**new)),
    )

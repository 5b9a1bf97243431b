"""The guard's rules, pure: which table is whose, and what no statement of a tenant may say.

`narrowing` applies them wherever SQL is written, `tenant_session` to the rows of a session.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NoReturn

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Case,
    Cast,
    ClauseElement,
    Column,
    ForeignKey,
    Null,
    String,
    Table,
    UnaryExpression,
)
from sqlalchemy.orm import Mapped, Mapper, class_mapper, mapped_column, object_mapper
from sqlalchemy.orm.exc import UnmappedClassError
from sqlalchemy.sql import quoted_name, visitors
from sqlalchemy.sql.elements import ClauseList, Grouping, TypeClause
from sqlalchemy.sql.functions import FunctionElement

from app.connect.errors import ConnectError

HARMLESS_TEXT = re.compile(r"\*|\d{1,18}|NULL", re.IGNORECASE)
"""What SQLAlchemy itself writes as text, such as the star of `count()`."""
OPERATOR = re.compile(
    r"(?!.*(--|/\*|\*/))[-+*/<>=~!@#%^&|?:]{1,5}|(?!.*\b(or|union|except|intersect)\b)[a-z ]{1,30}", re.IGNORECASE
)
"""Signs or words, of which none ends a condition or begins a query."""
NAME = re.compile(r"[a-z_]\w{0,62}", re.IGNORECASE)
RUNS_SQL = re.compile(
    r"(query|table|schema|database|cursor)_to_xml.*|ts_(stat|rewrite)|dblink.*|crosstab.*|connectby|pg_.*|lo_.*|"
    r"set_config|current_setting|load_extension|readfile|writefile|eval|fts3_tokenizer|edit",
    re.IGNORECASE,
)
"""Functions that take SQL, files or settings, and so reach what no statement names."""
PLAIN = (BinaryExpression, BindParameter, Case, Cast, ClauseList, Grouping, Null, TypeClause, UnaryExpression)
"""What a row's expression may be made of, besides columns and functions."""

Owned = Mapping[Table, Column[Any] | None]
"""The tables of tenants: each with the column that names its tenant, or None where its keys lead to one that has it."""


class UnscopedStatement(ConnectError):
    """A statement in a tenant's session that the guard cannot narrow to that tenant."""

    code = "unscoped_statement"
    is_permanent = True


class TenantOwned:
    """Mix into every model with tenant data: rows carry their tenant and go when it goes."""

    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)


def refuse(sentence: str) -> NoReturn:
    """Raise `UnscopedStatement`; the sentence says how to write it instead."""
    raise UnscopedStatement(sentence)


def owned_tables() -> Owned:
    """Return the tables of every `TenantOwned` model there is, and those between two of them."""
    found: dict[Table, Column[Any] | None] = {}
    mappers = list(_mappers(TenantOwned))
    for mapper in mappers:
        found |= {one.secondary: None for one in mapper.relationships if isinstance(one.secondary, Table)}
    for mapper in mappers:
        columns: list[Column[Any]] = getattr(mapper.attrs["tenant_id"], "columns", [])
        for table in mapper.tables:
            if isinstance(table, Table):
                found[table] = next((column for column in columns if column.table is table), None)
    return found


def keys_to_owner(owned: Owned, table: Table) -> list[ForeignKey]:
    """Return the foreign keys by which a table without tenant belongs to one: those in its primary key, if any are."""
    keys = [key for key in table.foreign_keys if key.column.table in owned]
    return sorted([key for key in keys if key.parent.primary_key] or keys, key=lambda key: key.parent.name)


def require_owned(owned: Owned, table: Any) -> None:
    """Refuse a table that holds something else than rows of tenants."""
    if table not in owned or (owned[table] is None and not keys_to_owner(owned, table)):
        refuse(f"{table.name} has no tenant_id. Mix TenantOwned into its model to use it through ctx.db.")
    if table.schema is not None:
        refuse(f"{table.name} is in the schema {table.schema}. Leave the schema out to use its model through ctx.db.")


def require_plain(statement: Any) -> None:
    """Refuse what would be written without being looked at: constructs with a compiler of their own, unquoted names."""
    for element in visitors.iterate(statement):
        if not type(element).__module__.startswith("sqlalchemy."):
            refuse(f"{type(element).__name__} writes SQL of its own. Write it with the model's columns and func.")
        name = getattr(element, "name", None)
        if isinstance(name, quoted_name) and name.quote is False and not NAME.fullmatch(name):
            refuse_text(name)


def require_own_values(row: object) -> None:
    """Refuse values and defaults of columns that ask for more than the row itself; `Model.count + 1` may stay."""
    mapper = object_mapper(row)
    own = mapper.tables
    for value in (*vars(row).values(), *_defaults(mapper)):
        expression = value.__clause_element__() if hasattr(value, "__clause_element__") else value
        if isinstance(expression, ClauseElement) and not all(_is_own(one, own) for one in visitors.iterate(expression)):
            refuse(
                f"{type(row).__name__} is given {str(expression)[:60]!r}, which cannot be narrowed to the tenant. "
                f"Read the value with select(...) first."
            )


def refuse_text(text: object) -> None:
    """Refuse SQL as text, but for the little that SQLAlchemy writes itself."""
    if not HARMLESS_TEXT.fullmatch(str(text)):
        refuse(
            f"SQL as text cannot be narrowed to the tenant: {str(text)[:60]!r}. Write it with the model's columns, "
            f"or_(...), func and bound values."
        )


def _refuse_column(column: Any) -> None:
    if column.is_literal:
        refuse_text(column.name)


def _refuse_operator(_: Any, operator: Any) -> None:
    if not OPERATOR.fullmatch(operator.opstring.strip()):
        refuse_text(operator.opstring)


def _refuse_field(extract: Any) -> None:
    if not NAME.fullmatch(extract.field):
        refuse_text(extract.field)


def _refuse_function(func: Any) -> None:
    if RUNS_SQL.fullmatch(func.name):
        refuse(f"func.{func.name} reaches further than this tenant. Leave it out of statements for ctx.db.")


def _refuse_sample(_: Any) -> None:
    refuse("A sample is taken of every tenant's rows. Write order_by(func.random()).limit(...) instead.")


def _refuse_insert(_: Any) -> None:
    refuse("Add rows with ctx.db.add(...), so that they get their tenant.")


def _refuse_hint(*_: Any) -> None:
    refuse_text("a hint")


RULES: Mapping[str, Callable[..., None]] = {
    "visit_column": _refuse_column,
    "visit_custom_op_binary": _refuse_operator,
    "visit_custom_op_unary_modifier": _refuse_operator,
    "visit_custom_op_unary_operator": _refuse_operator,
    "visit_extract": _refuse_field,
    "visit_function": _refuse_function,
    "visit_insert": _refuse_insert,
    "visit_tablesample": _refuse_sample,
    "visit_textclause": refuse_text,
    "visit_textual_select": refuse_text,
    "visit_tstring": refuse_text,
    "format_from_hint_text": _refuse_hint,
    "get_select_hint_text": _refuse_hint,
    "get_statement_hint_text": _refuse_hint,
}
"""What is looked at in a tenant's statement before the compiler's method of that name writes it."""


@lru_cache(maxsize=1024)
def _defaults(mapper: Mapper[Any]) -> Sequence[object]:
    """Return what the columns of a row, and of the tables between it and others, are filled in by: INSERT says it."""
    between = [one.secondary for one in mapper.relationships if isinstance(one.secondary, Table)]
    columns = [column for table in (*mapper.tables, *between) for column in table.columns]
    return [getattr(one, "arg", None) for column in columns for one in (column.default, column.onupdate) if one]


def _is_own(element: Any, tables: Collection[Any]) -> bool:
    if isinstance(element, FunctionElement):
        return not RUNS_SQL.fullmatch(getattr(element, "name", ""))
    if isinstance(element, Column):
        return element.table in tables
    operator = getattr(getattr(element, "operator", None), "opstring", None)
    return isinstance(element, PLAIN) and (operator is None or OPERATOR.fullmatch(operator) is not None)


def _mappers(root: type[Any]) -> Iterator[Mapper[Any]]:
    subclass: type[Any]
    for subclass in root.__subclasses__():
        with suppress(UnmappedClassError):
            yield class_mapper(subclass)
        yield from _mappers(subclass)

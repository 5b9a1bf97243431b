"""Narrows a tenant's statement where its SQL is written: every table is replaced by the tenant's part of it.

The compiler meets everything that a statement will say, relationships, loaders and nested queries included, so nothing
has to be found twice. SQLAlchemy keeps what it wrote under the statement's shape: the walk costs once, not each time.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, String, Table, bindparam
from sqlalchemy.orm.interfaces import CompileStateOption
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from app.connect.database.guard import RULES, Owned, keys_to_owner, owned_tables, refuse, require_owned, require_plain

PARAMETER = "connect_tenant"
"""Begins the name of the tenant's parameter, in no form of which a value may be given from outside."""


class Narrowed(CompileStateOption, HasCacheKey):
    """The option that makes a statement a tenant's. The tenant is a parameter: all of them share what is compiled."""

    __slots__ = ("tenant",)

    _traverse_internals = [("tenant", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - SQLAlchemy's form

    def __init__(self, tenant_id: str) -> None:
        self.tenant = bindparam(PARAMETER, tenant_id, String(32), unique=True)


class _NarrowingCompiler(SQLCompiler):
    """Writes as before, but for statements with the option `Narrowed`."""

    _is_target = False

    @cached_property
    def tenant(self) -> BindParameter[str] | None:
        """The parameter of the tenant; None in a statement of the plumbing, which sees all."""
        for option in getattr(self.statement, "_with_options", ()):
            if isinstance(option, Narrowed):
                require_plain(self.statement)
                return option.tenant
        return None

    @cached_property
    def _owned(self) -> Owned:
        return owned_tables()

    def visit_table(self, table: Any, *args: Any, **kw: Any) -> Any:
        before: Any = super()
        text: str = before.visit_table(table, *args, **kw)
        if not kw.get("asfrom") or self.tenant is None:
            return text
        require_owned(self._owned, table)
        if self._is_target:
            if self._owned[table] is None:
                refuse(f"The rows of {table.name} inherit their tenant. Read the objects, and change or delete them.")
            return text
        name = self.preparer.format_table(table)
        narrowed = self._part_of(table, self.tenant)
        if text != name:
            # The compiler gave it another name.
            return narrowed + text.removeprefix(name)
        enclosing = kw.get("enclosing_alias")
        has_alias = enclosing is not None and enclosing.element is table
        return narrowed if has_alias else f"{narrowed} AS {name}"

    def _part_of(self, table: Table, tenant: BindParameter[str]) -> str:
        name = self.preparer.format_table(table)
        criteria = " AND ".join(self._criteria(table, tenant))
        return f"(SELECT * FROM {name} WHERE {criteria})"  # noqa: S608 - names that the compiler has quoted

    def _criteria(self, table: Table, tenant: BindParameter[str]) -> Iterator[str]:
        def write(column: Any) -> str:
            return self.preparer.format_column(column, use_table=True)

        column = self._owned[table]
        if column is not None:
            yield f"{write(column)} = {self.process(tenant)}"
            return
        for key in keys_to_owner(self._owned, table):
            part = self._part_of(key.column.table, tenant)
            owner = self.preparer.format_table(key.column.table)
            yield f"{write(key.parent)} IN (SELECT {write(key.column)} FROM {part} AS {owner})"  # noqa: S608 - as above

    def update_tables_clause(self, *args: Any, **kw: Any) -> Any:
        return self._as_target(super().update_tables_clause, *args, **kw)

    def delete_table_clause(self, *args: Any, **kw: Any) -> Any:
        return self._as_target(super().delete_table_clause, *args, **kw)

    def _as_target(self, write: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        self._is_target = True
        try:
            return write(*args, **kw)
        finally:
            self._is_target = False

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> Any:
        self._require_outermost(kw)
        text = super().visit_update(update_stmt, *args, **kw)
        if self.tenant is not None:
            given = [*(self.column_keys or ()), *(getattr(self.dml_compile_state, "_dict_parameters", None) or ())]
            if any("tenant_id" in {key, getattr(key, "key", None), getattr(key, "name", None)} for key in given):
                refuse("A row stays with its tenant. Leave tenant_id out of the values.")
        return text

    def visit_delete(self, delete_stmt: Any, *args: Any, **kw: Any) -> Any:
        self._require_outermost(kw)
        before: Any = super()
        return before.visit_delete(delete_stmt, *args, **kw)

    def _require_outermost(self, kw: dict[str, Any]) -> None:
        if self.tenant is not None and (self.stack or kw.get("visiting_cte") is not None):
            refuse("A change inside of another statement cannot be narrowed. Execute update and delete by themselves.")


def narrowing(compiler: type[SQLCompiler]) -> type[SQLCompiler]:
    """Return a dialect's compiler with the guard in front."""
    methods = {name: _looked_at(getattr(compiler, name), rule) for name, rule in RULES.items()}
    return type(f"Narrowing{compiler.__name__}", (_NarrowingCompiler, compiler), methods)


def _looked_at(write: Callable[..., Any], rule: Callable[..., None]) -> Callable[..., Any]:
    def method(self: _NarrowingCompiler, *elements: Any, **kw: Any) -> Any:
        if self.tenant is not None:
            rule(*elements)
        return write(self, *elements, **kw)

    return method

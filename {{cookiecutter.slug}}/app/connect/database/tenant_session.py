"""The session of one tenant: it sees, changes and adds that tenant's rows alone."""

from collections.abc import Mapping
from typing import Any, NoReturn

from sqlalchemy import CompoundSelect, Connection, Delete, Insert, Result, Select, Update, event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.orm.context import FromStatement

from app.connect.database.guard import TenantOwned, refuse, require_own_values
from app.connect.database.narrowing import PARAMETER, Narrowed
from app.connect.database.policies import say_whose

AROUND = (
    "This goes around the guard that keeps tenants apart. Use ctx.db.add(...) and select(Model), update(Model) or "
    "delete(Model)."
)


class TenantSession(Session):
    """A session that can only see, change and add the rows of the tenant in `info["tenant_id"]`."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        refuse(AROUND)

    connection = _refuse
    bulk_save_objects = _refuse
    bulk_insert_mappings = _refuse
    bulk_update_mappings = _refuse
    enable_relationship_loading = _refuse


class AsyncTenantSession(AsyncSession):
    """The same for `await`."""

    sync_session_class = TenantSession

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        refuse(AROUND)

    get_bind = _refuse


@event.listens_for(TenantSession, "do_orm_execute")
def _execute(state: ORMExecuteState) -> Result[Any]:
    _narrow(state)
    info = state.session.info
    if getattr(state.statement, "_for_update_arg", None) is not None or state.execution_options.get("stream_results"):
        info["holds"] = True
    info["busy"] = info.get("busy", 0) + 1
    try:
        return state.invoke_statement()
    finally:
        info["busy"] -= 1


def _narrow(state: ORMExecuteState) -> None:
    statement = state.statement
    if isinstance(statement, Insert):
        refuse("Add rows with ctx.db.add(...), so that they get their tenant.")
    if state.is_executemany:
        refuse("A list of changes by primary key cannot be narrowed. Change the objects themselves.")
    if isinstance(state.parameters, Mapping) and any(PARAMETER in str(name) for name in state.parameters):
        # A value that is given with the statement takes the place of the one that is in it.
        refuse(f"{PARAMETER} is the parameter of the tenant. Name yours differently.")
    narrowed = state.session.info.get("narrowed")
    if narrowed is None:
        narrowed = state.session.info["narrowed"] = Narrowed(state.session.info["tenant_id"])
    if isinstance(statement, Update | Delete):
        target = statement.table._annotations.get("parententity")  # noqa: SLF001 - as SQLAlchemy's own loaders ask
        if target is None or "dml_strategy" in state.execution_options:
            _refuse_core()
        if not issubclass(target.mapper.class_, TenantOwned):
            refuse(f"{target.mapper.class_.__name__} has no tenant_id. Mix TenantOwned into the model.")
        state.session.info["writes"] = True
        statement = statement.where(target.entity.tenant_id == narrowed.tenant)
    elif not state.is_orm_statement or not (
        isinstance(statement, Select | CompoundSelect)
        # How SQLAlchemy reads the columns that an inherited row lacks.
        or (isinstance(statement, FromStatement) and state.is_column_load)
    ):
        _refuse_core()
    state.statement = statement.options(narrowed)


def _refuse_core() -> NoReturn:
    refuse(
        "ctx.db runs ORM statements only, because others cannot be narrowed to the tenant. Write select(Model), "
        "update(Model) or delete(Model)."
    )


@event.listens_for(TenantSession, "after_begin")
def _say_whose(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        say_whose(connection, session.info["tenant_id"])


@event.listens_for(TenantSession, "before_attach")
def _require_read_here(_: Session, row: object) -> None:
    if inspect(row, raiseerr=True).key is not None:
        refuse(
            "A row that another session read cannot be added. Read it with ctx.db.get(...), or ctx.db.merge(...) it."
        )


@event.listens_for(TenantSession, "before_flush")
def _stamp(session: Session, *_: Any) -> None:
    tenant_id = session.info["tenant_id"]
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, TenantOwned):
            refuse(f"{type(row).__name__} has no tenant_id. Mix TenantOwned into the model.")
        owner: object = row.tenant_id
        if owner is None and row in session.new:
            row.tenant_id = tenant_id
        elif not isinstance(owner, str) or owner != tenant_id or _has_moved(row):
            refuse("A row of another tenant is in this tenant's session.")
        require_own_values(row)


def _has_moved(row: TenantOwned) -> bool:
    """Tell whether a row was given another tenant since it was read."""
    state: Any = inspect(row)
    return bool(state.attrs.tenant_id.history.deleted)


@event.listens_for(TenantSession, "after_flush")
def _note_writing(session: Session, *_: Any) -> None:
    session.info["writes"] = True


@event.listens_for(TenantSession, "after_commit")
@event.listens_for(TenantSession, "after_rollback")
def _note_written(session: Session) -> None:
    # The end of a savepoint is not the end of the transaction around it.
    if not session.in_nested_transaction():
        session.info.pop("writes", None)
        session.info.pop("holds", None)


def is_writing(session: AsyncSession) -> bool:
    """Tell whether a tenant's session holds rows it has written and not committed."""
    return "writes" in session.sync_session.info


def has_changes(session: AsyncSession) -> bool:
    """Tell whether a tenant's session holds rows that it has written, or will write, and not committed."""
    sync = session.sync_session
    return "writes" in sync.info or bool(sync.new or sync.dirty or sync.deleted)


def is_open(session: AsyncSession) -> bool:
    """Tell whether there is a transaction to end; what is added or changed begins one."""
    return session.in_transaction() or has_changes(session)


async def give_back(session: AsyncSession) -> None:
    """End a transaction that only read, so that its connection is free for others; nothing that was read is lost.

    One that holds rows, locks or the rest of a stream stays, and so does one that another task is using.
    """
    sync = session.sync_session
    if session.in_transaction() and not (has_changes(session) or "holds" in sync.info or sync.info.get("busy")):
        await session.commit()

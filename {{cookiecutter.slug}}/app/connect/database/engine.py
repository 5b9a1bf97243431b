"""The database: the only place that makes engines and sessions, and the guard that keeps tenants apart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    MetaData,
    String,
    TypeDecorator,
    Update,
    event,
    inspect,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from app.connect.errors import ConnectError

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UnscopedStatement(ConnectError):
    """A statement in a tenant's session that the guard cannot narrow to that tenant."""

    code = "unscoped_statement"


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)


class TenantOwned:
    """Mix into every model with tenant data: rows carry their tenant and go when it goes."""

    tenant_id: Mapped[str] = mapped_column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive datetimes, whose meaning nobody knows."""
        if value is not None and value.tzinfo is None:
            raise ValueError("Pass an aware datetime, such as datetime.now(UTC).")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Put UTC back on what SQLite returns without it."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class TenantSession(Session):
    """A session that can only see, change and add the rows of the tenant in `info["tenant_id"]`."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnscopedStatement(
            "This goes around the guard that keeps tenants apart. Use ctx.db.add(...) and select(Model), "
            "update(Model) or delete(Model)."
        )

    connection = _refuse
    bulk_save_objects = _refuse
    bulk_insert_mappings = _refuse
    bulk_update_mappings = _refuse


@event.listens_for(TenantSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    if state.is_column_load:
        return
    if not state.is_orm_statement or state.is_from_statement:
        raise UnscopedStatement(
            "ctx.db runs ORM statements only, because others cannot be narrowed to the tenant. "
            "Write select(Model), update(Model) or delete(Model)."
        )
    if state.is_insert:
        raise UnscopedStatement("Add rows with ctx.db.add(...), so that they get their tenant.")
    if state.is_executemany:
        raise UnscopedStatement("A list of changes by primary key cannot be narrowed. Change the objects themselves.")
    if isinstance(state.statement, Update) and "tenant_id" in state.statement.compile().params:
        raise UnscopedStatement("A row stays with its tenant. Leave tenant_id out of the values.")
    tenant_id = state.session.info["tenant_id"]
    for mapper in state.all_mappers:
        if not issubclass(mapper.class_, TenantOwned):
            raise UnscopedStatement(
                f"{mapper.class_.__name__} has no tenant_id. Mix TenantOwned into the model to use it through ctx.db."
            )
    if state.is_update or state.is_delete:
        state.session.info["writes"] = True
    state.statement = state.statement.options(
        with_loader_criteria(TenantOwned, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
    )


@event.listens_for(TenantSession, "before_flush")
def _stamp(session: Session, *_: Any) -> None:
    tenant_id = session.info["tenant_id"]
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, TenantOwned):
            raise UnscopedStatement(f"{type(row).__name__} has no tenant_id. Mix TenantOwned into the model.")
        owner: str | None = row.tenant_id
        if owner is None and row in session.new:
            row.tenant_id = tenant_id
        elif owner != tenant_id or _has_moved(row):
            raise UnscopedStatement("A row of another tenant is in this tenant's session.")


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


def is_writing(session: AsyncSession) -> bool:
    """Tell whether a tenant's session holds rows it has written and not committed."""
    return "writes" in session.sync_session.info


def _prepare_sqlite(connection: DBAPIConnection, _: Any) -> None:
    """FULL, not NORMAL: NORMAL can lose the last acknowledged events when the power fails."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_before_savepoint(connection: Connection, _: str) -> None:
    """Begin the transaction, which the driver does before writes alone: SQLite keeps a savepoint outside of one."""
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN")


class Database:
    """One engine for the process. Sessions are short: take one, do the work, let it commit."""

    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "savepoint", _begin_before_savepoint)

    @property
    def is_sqlite(self) -> bool:
        """Tell SQLite from PostgreSQL where their SQL differs."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session of the plumbing itself, which sees every tenant; commit at the end, roll back on error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def tenant_session(self, tenant_id: str) -> AsyncSession:
        """Make a session that is narrowed to one tenant; the caller commits and closes it."""
        return AsyncSession(
            self.engine, sync_session_class=TenantSession, expire_on_commit=False, info={"tenant_id": tenant_id}
        )

    def insert_or_ignore(self, model: type[Base]) -> Any:
        """Begin an INSERT that leaves a row alone whose unique columns are taken."""
        return self.insert(model).on_conflict_do_nothing()

    def insert(self, model: type[Base]) -> Any:
        """Begin an INSERT of this database's dialect, which knows `on_conflict_do_update`."""
        return (sqlite.insert if self.is_sqlite else postgresql.insert)(model)

    async def dispose(self) -> None:
        """Close every connection; without it aiosqlite's threads keep the process alive."""
        await self.engine.dispose()

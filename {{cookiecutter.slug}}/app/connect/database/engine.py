"""The database: the only place that makes engines and sessions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    MetaData,
    Table,
    TypeDecorator,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.connect.database import one_turn
from app.connect.database.narrowing import narrowing
from app.connect.database.tenant_session import AsyncTenantSession

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)


STEP = 12.0
"""Seconds for one step of the plumbing; longer than SQLite waits for another writer."""
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""What libpq is told where the address does not say it: seconds, and milliseconds for the last one."""
CONNECTIONS = 15
"""That one process opens at most, and keeps: to open one takes as long as ten statements, and work comes in bursts."""
LONGEST_STATEMENT = 60_000
"""Milliseconds after which PostgreSQL gives a statement up; migrations have no limit."""


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


def _bound_statements(connection: DBAPIConnection, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET statement_timeout = {LONGEST_STATEMENT}")
    cursor.close()
    connection.commit()


def _is_shared(url: str) -> bool:
    """Tell whether two engines would see one database: not where it is in memory."""
    place = make_url(url)
    return place.get_backend_name() != "sqlite" or place.database not in {None, "", ":memory:"}


def _make_engine(url: str, **pool: Any) -> AsyncEngine:
    place = make_url(url)
    is_sqlite = place.get_backend_name() == "sqlite"
    if _is_shared(url):
        pool = {"pool_timeout": STEP - 2.0, "pool_size": CONNECTIONS, "max_overflow": 0, **pool}
    known = {} if is_sqlite else {name: value for name, value in PATIENCE.items() if name not in place.query}
    engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=not is_sqlite, connect_args=known, **pool)
    engine.dialect.statement_compiler = narrowing(engine.dialect.statement_compiler)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite if is_sqlite else _bound_statements)
    if is_sqlite:
        event.listen(engine.sync_engine, "do_connect", one_turn.connect)
        event.listen(engine.sync_engine, "savepoint", _begin_before_savepoint)
    return engine


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise OperationalError(f"nothing in {seconds:g} s", None, error) from error


class Database:
    """One engine for the process. Sessions are short: take one, do the work, let it commit.

    Each step of the plumbing has a limit: a database that hangs fails what asked for it, and holds nothing up for good.
    """

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        # What says whether this process may be believed must not wait behind what it says that of.
        self._aside = _make_engine(url, pool_size=3) if _is_shared(url) else self.engine

    @property
    def is_sqlite(self) -> bool:
        """Tell SQLite from PostgreSQL where their SQL differs."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def session(self, *, limit: float | None = None) -> AsyncIterator[AsyncSession]:
        """Open a session of the plumbing itself, which sees every tenant; commit at the end, roll back on error.

        After `limit` seconds it ends with an `OperationalError`, as it does when the database is away.
        """
        async with (
            _within(STEP if limit is None else limit),
            AsyncSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Open the same without a session: a statement of rows alone costs a third less, and one a request counts."""
        async with _within(STEP), self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def aside(self, *, limit: float | None = None) -> AsyncIterator[AsyncSession]:
        """Open the same on one of a few connections of its own: to follow changes, and to tell how the database is."""
        async with (
            _within(STEP if limit is None else limit),
            AsyncSession(self._aside, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[Any]:
        """Open the driver's own connection for one step of those aside, for who writes SQL in the driver's words."""
        async with self.aside() as session:
            yield (await (await session.connection()).get_raw_connection()).driver_connection

    async def notify(self, channel: str) -> None:
        """Wake who listens on a channel of PostgreSQL, in whatever process."""
        async with self.aside() as session:
            await session.execute(select(func.pg_notify(channel, "")))

    async def notifications(self, channel: str) -> AsyncIterator[None]:
        """Yield once it listens on a channel of PostgreSQL, then for each notification; raise when that is lost."""
        async with self._aside.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                await connection.execute(text(f"LISTEN {channel}"))
                yield
                async for _ in driver.notifies():
                    yield
            finally:
                # Nobody else gets a connection that listens.
                await connection.invalidate()

    def tenant_session(self, tenant_id: str) -> AsyncSession:
        """Make a session that is narrowed to one tenant; the caller commits and closes it."""
        return AsyncTenantSession(self.engine, expire_on_commit=False, info={"tenant_id": tenant_id})

    def insert_or_ignore(self, model: type[Base] | Table) -> Any:
        """Begin an INSERT that leaves a row alone whose unique columns are taken."""
        return self.insert(model).on_conflict_do_nothing()

    def insert(self, model: type[Base] | Table) -> Any:
        """Begin an INSERT of this database's dialect, which knows `on_conflict_do_update`."""
        return (sqlite.insert if self.is_sqlite else postgresql.insert)(model)

    async def dispose(self) -> None:
        """Close every connection; without it aiosqlite's threads keep the process alive."""
        await self.engine.dispose()
        await self._aside.dispose()

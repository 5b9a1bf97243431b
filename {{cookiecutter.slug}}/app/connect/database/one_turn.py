"""Connections to SQLite that take one turn of the driver's thread for a statement, where the driver takes four.

aiosqlite gives each connection a thread and hands every call over to it: make a cursor, execute, fetch, close. Each
handing over wakes a thread and then the event loop, and costs more than most statements. Here the four go together,
and what ends a transaction is not handed over where none was begun.
"""

import re
from collections import deque
from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any, NamedTuple

from sqlalchemy import Dialect
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor

WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b")
"""Where this is found in a text that only reads, a transaction is begun that nobody needed."""


class _Ran(NamedTuple):
    """What a statement left behind, in the place of the driver's cursor."""

    rows: Sequence[Any] = ()
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """Do nothing: the cursor was closed in its thread."""


NOTHING = _Ran()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Keeps all rows, as the driver's own adaptation does; only what streams has a cursor that stays open."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, _: Any) -> Any:
        return NOTHING

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._run(_execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._run(_execute_many, operation, seq_of_parameters)

    async def _run(self, how: Any, operation: Any, parameters: Any) -> None:
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as the class does that this one derives from
            ran = await driver._execute(how, driver._conn, operation, parameters)  # noqa: SLF001 - as its own methods do
        self._cursor, self._rows = ran, deque(ran.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor

    def commit(self) -> None:
        if self._connection.in_transaction:
            super().commit()

    def rollback(self) -> None:
        # One whose statement was cancelled is closed instead, so nothing can begin a transaction behind this look.
        if self._connection.in_transaction:
            super().rollback()


def connect(dialect: Dialect, _: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Open a connection, as the event `do_connect` asks for it."""
    opened: Any = dialect.connect(*arguments, **named)
    return _Connection(dialect.dbapi, opened.driver_connection)


def _execute(connection: Connection, operation: str, parameters: Any) -> _Ran:
    cursor = connection.cursor()
    try:
        if operation.startswith("WITH") and not connection.in_transaction and WRITES.search(operation):
            # Before other writes the driver begins by itself. It takes this one for a query, and would keep it at once.
            cursor.execute("BEGIN")
        cursor.execute(operation, parameters)
        # Only when all its rows were fetched does a statement that returns some say how many those were.
        rows = cursor.fetchall() if cursor.description else ()
        return _Ran(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def _execute_many(connection: Connection, operation: str, parameters: Any) -> _Ran:
    cursor = connection.cursor()
    try:
        cursor.executemany(operation, parameters)
        return _Ran(rowcount=cursor.rowcount, lastrowid=cursor.lastrowid)
    finally:
        cursor.close()

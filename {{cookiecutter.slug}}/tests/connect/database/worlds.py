"""Two worlds for one tenant, with and without the other: what differs between them has leaked."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.connect.database.engine import Database
from app.connect.database.guard import UnscopedStatement
from tests.connect.database.library import Own


@dataclass(frozen=True)
class Outcome:
    """What one statement gave and left behind: `theirs` must never change, the rest must not depend on `theirs`."""

    said: list[str]
    mine: list[str]
    theirs: list[str]


async def outcome(db: Database, statement: Executable, *, theirs: list[str] | None = None) -> Outcome | None:
    """Execute a statement as the tenant `mine` and undo it; None when the guard refused it.

    `theirs` stands for the rows of the other tenant in a world without them.
    """
    async with db.tenant_session("mine") as session:
        try:
            result = await session.execute(statement)
            said = sorted(_shown(row) for row in result.unique().all()) if getattr(result, "returns_rows", True) else []
        except UnscopedStatement:
            return None
        except Exception as error:  # noqa: BLE001 - whatever SQLAlchemy or the database says, in both worlds alike
            return Outcome([type(error).__name__], [], theirs or await _others(db))
        mine, others = await _rows(session)
    return Outcome(said, mine, others if theirs is None else theirs)


async def _others(db: Database) -> list[str]:
    return (await rows(db))[1]


async def rows(db: Database) -> tuple[list[str], list[str]]:
    """Return every row of `mine`, and every other."""
    async with db.tenant_session("mine") as session:
        return await _rows(session)


async def _rows(session: AsyncSession) -> tuple[list[str], list[str]]:
    def read(sync: Session) -> tuple[list[str], list[str]]:
        # Around the guard, which TenantSession.connection would refuse.
        connection = Session.connection(sync)
        tables = [table for table in Own.metadata.sorted_tables if table.name != "tenants"]
        found = [
            (_owner(row), f"{table.name} {tuple(row)}") for table in tables for row in connection.execute(select(table))
        ]
        return sorted(row for owner, row in found if owner == "mine"), sorted(
            row for owner, row in found if owner != "mine"
        )

    return await session.run_sync(read)


def _owner(row: Row[Any]) -> str:
    """Tell whose a row is; where no column says so, by its keys."""
    return str(getattr(row, "tenant_id", None) or ("theirs" if "theirs" in str(row) else "mine"))


def _shown(row: Row[Any]) -> str:
    return str(tuple(_fields(value) for value in row))


def _fields(value: object) -> object:
    """Show a model by what was loaded of it, relationships included."""
    if isinstance(value, list):
        return [_fields(one) for one in value]
    if not isinstance(value, Own):
        return value
    return sorted((name, str(_fields(held))) for name, held in vars(value).items() if not name.startswith("_"))

"""The schema: both chains applied together, and checked before anything is served."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.connect.database.chains import CHAINS, Chain, alembic_config, script_directory
from app.connect.database.engine import Database
from app.connect.database.grants import grant_rows
from app.connect.database.policies import police
from app.connect.database.revisions import explained, first_line
from app.connect.database.standing import Standing, stand
from app.connect.errors import ConfigurationError

MIGRATION_LOCK = 0x636F6E6E656374

log = logging.getLogger(__name__)


async def prepare_schema(db: Database, root: Path, *, apply: bool) -> None:
    """Apply both chains, or require that somebody did; log a warning when the schema is newer than this code."""
    for warning in await (migrate(db, root) if apply else require_head(db, root)):
        log.warning(warning)


async def migrate(db: Database, root: Path, *, serving_role: str | None = None) -> list[str]:
    """Bring both chains to their heads in one transaction, or leave everything as it was.

    `serving_role` is the role of PostgreSQL that will read and write rows, where it is not the one that migrates.
    Returns a sentence for each chain in which the schema is newer than this code and works with it.
    """

    def upgrade(connection: Connection) -> list[str]:
        # Both are looked at before either is changed.
        standings = _stand(connection, root)
        for standing in standings:
            if not standing.ahead:
                _upgrade(connection, standing.revisions.chain, root)
        if not db.is_sqlite:
            police(connection)
        if serving_role is not None:
            grant_rows(connection, serving_role)
        return _warnings(standings)

    async with migrating(db) as connection:
        return await connection.run_sync(upgrade)


async def require_head(db: Database, root: Path) -> list[str]:
    """Raise `ConfigurationError` unless this code works with the schema; the message names the command to run.

    Returns a sentence for each chain in which the schema is newer than this code and works with it.
    """
    with reachable(db):
        async with db.engine.connect() as connection:
            standings = await connection.run_sync(_stand, root)
    for standing in standings:
        if standing.behind:
            raise ConfigurationError(standing.behind)
    return _warnings(standings)


@asynccontextmanager
async def migrating(db: Database) -> AsyncIterator[AsyncConnection]:
    """Open a connection for migrations: all or nothing, and two processes at once take turns."""
    with reachable(db):
        async with db.engine.connect() as connection:
            if db.is_sqlite:
                # A batch migration drops and rebuilds a table, which would delete every row that points to it.
                await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                # The driver begins no transaction of its own before a CREATE.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                await connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            try:
                yield connection
                await connection.commit()
            finally:
                await connection.rollback()
                if db.is_sqlite:
                    await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


@contextmanager
def reachable(db: Database) -> Iterator[None]:
    """Say which setting to check when the database does not answer."""
    file = Path(db.engine.url.database or ":memory:")
    if db.is_sqlite and not file.parent.is_dir():
        raise ConfigurationError(
            f"The database cannot be used: there is no folder {file.parent}. Check DATABASE_URL, or make the folder."
        )
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"The database cannot be reached: {error}. Check DATABASE_URL.") from error
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"The database cannot be used ({type(error).__name__}: {first_line(error)}). "
            "Check DATABASE_URL and that the server runs."
        ) from error


def _stand(connection: Connection, root: Path) -> list[Standing]:
    return [stand(connection, chain, script_directory(chain, root)) for chain in CHAINS]


def _upgrade(connection: Connection, chain: Chain, root: Path) -> None:
    config = alembic_config(chain, root)
    config.attributes["connection"] = connection
    with explained(chain, script_directory(chain, root)):
        command.upgrade(config, "head")


def _warnings(standings: list[Standing]) -> list[str]:
    return [standing.warning for standing in standings if standing.warning]

"""The database schema: applied by Alembic, and checked before anything is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from app.connect.errors import ConfigurationError

MIGRATION_LOCK = 0x636F6E6E656374

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.connect.database.engine import Database


def alembic_config(root: Path) -> Config:
    """Return the configuration of the project in `root`, with logging left to the add-on."""
    config = Config(root / "alembic.ini")
    config.set_main_option("script_location", str(root / "migrations"))
    config.attributes["configure_logging"] = False
    return config


async def migrate(db: "Database", root: Path) -> None:
    """Bring the schema to head, or leave it as it was."""
    config = alembic_config(root)

    def upgrade(connection: "Connection") -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with migrating(db) as connection:
        await connection.run_sync(upgrade)


@asynccontextmanager
async def migrating(db: "Database") -> AsyncIterator["AsyncConnection"]:
    """Open a connection for migrations: all or nothing, and two processes at once take turns."""
    async with db.engine.connect() as connection:
        if db.is_sqlite:
            # A batch migration drops and rebuilds a table, which would delete every row that points to it.
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            # The driver begins no transaction of its own before a CREATE.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            await connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        try:
            yield connection
            await connection.commit()
        finally:
            await connection.rollback()
            if db.is_sqlite:
                await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def require_head(db: "Database", root: Path) -> None:
    """Raise `ConfigurationError` unless the schema is at head; the message names the command to run."""
    head = await asyncio.to_thread(lambda: ScriptDirectory.from_config(alembic_config(root)).get_current_head())

    def revision(connection: "Connection") -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    try:
        async with db.engine.connect() as connection:
            current = await connection.run_sync(revision)
    except OSError as error:
        raise ConfigurationError(f"The database cannot be reached: {error}. Check DATABASE_URL.") from None
    if current != head:
        raise ConfigurationError(
            f"The database schema is at {current or 'nothing'}, the code needs {head}. Run: addon migrate"
        )

"""The database schema: applied by Alembic, and checked before anything is served."""

import asyncio
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

    from app.connect.db import Database


def alembic_config(root: Path) -> Config:
    """Return the configuration of the project in `root`, with logging left to the add-on."""
    config = Config(root / "alembic.ini")
    config.set_main_option("script_location", str(root / "migrations"))
    config.attributes["configure_logging"] = False
    return config


async def migrate(db: "Database", root: Path) -> None:
    """Bring the schema to head."""
    config = alembic_config(root)

    def upgrade(connection: "Connection") -> None:
        # Two processes of one deployment may migrate at once: the second waits, then finds nothing to do.
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with db.engine.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.commit()


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

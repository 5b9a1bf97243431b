"""Runs the migrations: on a connection that the add-on hands over, or on one of its own for the `alembic` command."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection

import app.addon
import app.connect.application  # noqa: F401 - every table must be known
from app.connect.database.engine import Base, Database, UtcDateTime
from app.connect.database.schema import migrating
from app.connect.settings import load_settings


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column types as the plain types behind them, so that a migration imports nothing of the add-on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    db = Database(load_settings().database_url.get_secret_value())
    async with migrating(db) as connection:
        await connection.run_sync(run)
    await db.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone())

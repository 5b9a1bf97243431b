"""What both env.py run: a chain on a connection that is handed over, or on one of its own for the `alembic` command."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.operations import ops
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from app.connect.database.chains import AUTHOR, PLUMBING, Chain, script_directory
from app.connect.database.compatibility import COMPATIBLE, declare
from app.connect.database.engine import Base, Database, UtcDateTime
from app.connect.database.revisions import Revisions, explained
from app.connect.database.schema import migrating
from app.connect.database.standing import stand
from app.connect.errors import ConfigurationError
from app.connect.settings import load_settings

BOOKKEEPING = {PLUMBING.version_table, AUTHOR.version_table, COMPATIBLE.name}


def run_environment(chain: Chain) -> None:
    """Do what Alembic was asked for in a chain; every table of the project must have been imported."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(chain, given)
        return
    try:
        asyncio.run(_run_alone(chain))
    except ConfigurationError as error:
        # Alembic's command line prints this kind without a traceback.
        raise CommandError(str(error)) from error


async def _run_alone(chain: Chain) -> None:
    settings = load_settings()
    db = Database((settings.migration_database_url or settings.database_url).get_secret_value())
    try:
        async with migrating(db) as connection:
            await connection.run_sync(lambda on: _run_by_hand(chain, on))
    finally:
        await db.dispose()


def _run_by_hand(chain: Chain, connection: Connection) -> None:
    with explained(chain, context.script):
        _run(chain, connection, by_hand=True)


def _run(chain: Chain, connection: Connection, *, by_hand: bool = False) -> None:
    _configure(chain, connection)
    migration = context.get_context()
    # `stamp --purge` must work where nothing else does: it is the way out.
    if by_hand and not context.is_offline_mode() and not migration.purge:
        _require_firm_ground(chain, connection)
    with context.begin_transaction():
        context.run_migrations()
    if not context.is_offline_mode() and not migration.opts.get("dont_mutate"):
        for revision in migration.get_current_heads():
            declare(connection, Revisions(chain, context.script), revision)


def _configure(chain: Chain, connection: Connection) -> None:
    @cache
    def is_mine(table: str) -> bool:
        return table not in BOOKKEEPING and owner(table, revisions_of_chain()) == chain

    @cache
    def revisions_of_chain() -> Revisions:
        return Revisions(chain, context.script)

    def include_name(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or name is None or is_mine(name)

    def include_object(_: object, name: str | None, kind: str, *__: Any) -> bool:
        return kind != "table" or name is None or is_mine(name)

    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=chain.version_table,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
        include_name=include_name,
        include_object=include_object,
        process_revision_directives=tidy,
    )


def _require_firm_ground(chain: Chain, connection: Connection) -> None:
    """Refuse what Alembic would answer with its own riddles."""
    warning = stand(connection, chain, context.script).warning
    if warning:
        raise ConfigurationError(f"{warning} Until then `{chain.command}` can do nothing here.")
    if chain is not PLUMBING:
        root = Path(context.config.config_file_name or "alembic.ini").resolve().parent
        behind = stand(connection, PLUMBING, script_directory(PLUMBING, root)).behind
        if behind:
            raise ConfigurationError(behind)


def owner(table: str, revisions: Revisions) -> Chain | None:
    """Tell whose a table is: that of the model's module, else of the chain whose files name it, else a stranger's."""
    plumbing = {
        mapped.name
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith("app.connect.")
        for mapped in mapper.tables
    }
    if table in plumbing:
        return PLUMBING
    if table in Base.metadata.tables:
        return AUTHOR
    return revisions.chain if table in revisions.words() else None


def tidy(_: object, __: object, scripts: list[ops.MigrationScript]) -> None:
    """Write indexes as indexes, since only a change of a table itself needs SQLite's batches, and tables in order."""
    for script in scripts:
        for operations in (script.upgrade_ops, script.downgrade_ops):
            if operations is not None:
                operations.ops = in_order([flat for operation in operations.ops for flat in _flattened(operation)])


def in_order(operations: Sequence[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """Make tables before those that point to them, and drop them after: Alembic sorts what it drops by name.

    What belongs to such a table, its indexes, stays beside it.
    """
    tables = {one.table_name: one for one in operations if isinstance(one, ops.CreateTableOp | ops.DropTableOp)}
    beside: dict[str, list[ops.MigrateOperation]] = {name: [] for name in tables}
    rest: list[ops.MigrateOperation] = []
    for one in operations:
        beside.get(getattr(one, "table_name", ""), rest).append(one)
    ordered = list(dict.fromkeys(name for table in tables for name in _from_the_ground(table, tables)))
    made, dropped = (
        [one for name in names if isinstance(tables[name], kind) for one in beside[name]]
        for names, kind in ((ordered, ops.CreateTableOp), (reversed(ordered), ops.DropTableOp))
    )
    return [*made, *rest, *dropped]


def _from_the_ground(
    name: str, tables: Mapping[str, ops.CreateTableOp | ops.DropTableOp], above: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield a table after all that its foreign keys lead to."""
    keys = tables[name].to_table().foreign_keys
    for below in sorted({key.target_fullname.rpartition(".")[0] for key in keys}):
        if below in tables and below not in {name, *above}:
            yield from _from_the_ground(below, tables, above | {name})
    yield name


def _flattened(operation: ops.MigrateOperation) -> list[ops.MigrateOperation]:
    if isinstance(operation, ops.ModifyTableOps) and all(
        isinstance(one, ops.CreateIndexOp | ops.DropIndexOp) for one in operation.ops
    ):
        return list(operation.ops)
    return [operation]


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column types as the plain types behind them, so that a migration imports nothing of the add-on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False

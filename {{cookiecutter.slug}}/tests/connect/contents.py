"""What the database holds, whatever tables there are, and a tenant with rows in every one of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Row, inspect, select

from app.connect.access.users import Users
from app.connect.network.tokens import Wanted
from app.connect.tenancy.tenant import Caller, Tenant
from tests.connect.probe import ProbedAddon
from tests.support.running import RunningAddon


async def every_row(process: RunningAddon) -> dict[str, Sequence[Row[Any]]]:
    """Return what every table of the database holds, whatever tables there are."""

    def read(connection: Connection) -> dict[str, Sequence[Row[Any]]]:
        return {table.name: connection.execute(select(table)).all() for table in _tables(connection).sorted_tables}

    async with process.parts.database.engine.connect() as connection:
        return await connection.run_sync(read)


_READ: dict[tuple[str, ...], MetaData] = {}


def _tables(connection: Connection) -> MetaData:
    """Reflect the tables that are there; once for all databases that have the same, since it takes a second."""
    names = connection.dialect.name, *sorted(inspect(connection).get_table_names())
    if names not in _READ:
        metadata = MetaData()
        metadata.reflect(connection)
        _READ[names] = metadata
    return _READ[names]


async def rows_of(process: ProbedAddon, tenant_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return by table the rows that name a tenant in any of their columns."""
    found = {
        table: [tuple(row) for row in rows if tenant_id in row] for table, rows in (await every_row(process)).items()
    }
    return {table: rows for table, rows in found.items() if rows}


async def tenants(process: ProbedAddon) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in (await every_row(process))["tenants"]]


async def installations(process: ProbedAddon) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in (await every_row(process))["installations"]]


async def fill(process: ProbedAddon, tenant: Tenant, mark: str) -> None:
    """Give a tenant rows of every kind that the plumbing has."""
    caller = Caller("1")
    async with process.parts.contexts.open(tenant, caller) as context:
        await context.store.set(mark, mark)
        await context.store.narrow("settings").set("kept", value=True)
        await context.memo.set("known", mark)
        await context.enqueue("probe-job", mark, delay=3600)
    await process.parts.serving.api_tokens.create(tenant, caller)
    await Users(process.parts.database, [tenant.host]).add(tenant.id, mark, "no hash", None)
    await process.parts.tokens[tenant.host].get(tenant, Wanted(frozenset({"view_room"})))

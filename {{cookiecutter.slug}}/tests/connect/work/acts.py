"""What handlers of the probe do in tests of inbox and worker, and the rows they leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from app.connect import Context
from app.connect.api_tokens.table import ApiToken
from tests.connect.probe import Act, ProbedAddon
from tests.support.process import Process


async def fail(_: Context) -> None:
    """Fail as an outage does."""
    raise RuntimeError("password=hunter2 is wrong")


def raising(error: Exception) -> Act:
    """Make an act that fails by an error of its own."""

    async def act(_: Context) -> None:
        raise error

    return act


def leave_row(ctx: Context, mark: str) -> None:
    """Add a row that belongs to the tenant to the handler's transaction."""
    tenant = ctx.tenant
    row = ApiToken(
        installation_id=tenant.installation_id,
        generation=tenant.generation,
        digest=mark,
        created_by=mark,
        created_at=0.0,
    )
    ctx.db.add(row)


async def rows_written(process: Process) -> list[str]:
    """Return the marks of the rows that handlers left."""
    async with process.parts.database.session() as session:
        return list(await session.scalars(select(ApiToken.digest).order_by(ApiToken.digest)))


async def grow_old(process: ProbedAddon) -> None:
    """Let time pass until an entry that fails is tried no more: once more than half a day later, then at the end."""
    for _ in range(2):
        await process.pass_time(hours=13)


@asynccontextmanager
async def working(process: ProbedAddon) -> AsyncIterator[None]:
    """Let a process's worker run."""
    running = asyncio.create_task(process.parts.worker.run())
    yield
    await process.parts.worker.stop()
    await running

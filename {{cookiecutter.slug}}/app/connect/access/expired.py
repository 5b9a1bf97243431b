"""What expired: nobody gets in with it from that moment on, and its rows are deleted later, a batch at a time."""

import logging
import time

from sqlalchemy import delete, func, select

from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Database
from app.connect.serving.metrics import Read, Sample

BATCH = 500
"""Rows deleted in one transaction: a write of the add-on waits no longer than for that."""
LATE = 3600.0
"""Seconds; the worker sweeps every minute."""

log = logging.getLogger(__name__)


async def erase_expired(database: Database, *, batch: int = BATCH) -> int:
    """Delete the tokens that expired, and return how many those were."""
    count = 0
    await _complain(database)
    while True:
        async with database.session() as session:
            overdue = select(ApiToken.id).where(ApiToken.expires_at <= time.time()).order_by(ApiToken.expires_at)
            ids = list(await session.scalars(overdue.limit(batch)))
            if ids:
                await session.execute(delete(ApiToken).where(ApiToken.id.in_(ids)))
        count += len(ids)
        if len(ids) < batch:
            return count


async def oldest_overdue(database: Database) -> float | None:
    """Return for how many seconds the oldest token has been expired that is not deleted; None: there is none."""
    now = time.time()
    async with database.session() as session:
        oldest = await session.scalar(select(func.min(ApiToken.expires_at)).where(ApiToken.expires_at <= now))
    return None if oldest is None else now - oldest


def of_tokens(database: Database) -> Read:
    """Read for how long the oldest API token has been expired that is not deleted, for the metrics."""

    async def read() -> list[Sample]:
        about = "Seconds since the oldest API token expired that is not deleted; 0 where there is none."
        seconds = await oldest_overdue(database) or 0.0
        return [Sample("addon_api_tokens_overdue_seconds", "gauge", about, "", {"": seconds})]

    return read


async def _complain(database: Database) -> None:
    """Say so where sweeping has not kept up; nobody gets in with what is left."""
    seconds = await oldest_overdue(database)
    if seconds is not None and seconds > LATE:
        log.warning("expired API tokens were not deleted for long", extra={"oldest_overdue_seconds": round(seconds)})

"""The herald: stands in for the worker in a process that runs no handlers, and wakes those of other processes.

It only spares the wait for a worker's next poll: what nobody heard of is found within a second all the same, also
where a pooler stands before PostgreSQL that passes no notifications on.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import exists, select

from app.connect.database.engine import Database
from app.connect.work.inbox import Inbox
from app.connect.work.rows import InboxRow
from app.connect.work.worker import POLL

log = logging.getLogger(__name__)

CHANNEL = "addon_inbox"
REST = 0.02
"""Seconds between two notifications: PostgreSQL commits them one at a time, and each wakes for all entries."""

SPREAD = 0.02
"""Seconds over which the workers that hear one notification look."""
LOOK_EVERY = 30.0
LATE = 60.0
"""Seconds after which what is ready should have been taken up."""


class Herald:
    """Tells other processes of what this one accepts; `note` writes what its requests left to be looked up."""

    def __init__(self, inbox: Inbox, db: Database, *, note: Callable[[], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._db = db
        self._note = note
        self._looked_at = float("-inf")
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Pass each ring of the inbox's bell on until `stop`; errors of the database are logged and survived."""
        while not self._stopping.is_set():
            pause = REST
            try:
                if await self._inbox.wait(POLL):
                    await self._db.notify(CHANNEL)
                await self._note()
                await self._look()
            except Exception:
                log.exception("Workers cannot be told now of what was accepted; they look once a second themselves.")
                pause = POLL
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _look(self) -> None:
        """Warn of what nobody takes up: this process is ready all the same, so nothing else would tell."""
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        late = exists().where(InboxRow.lane.is_not(None), InboxRow.due_at < self._inbox.now() - LATE)
        async with self._db.session() as session:
            if await session.scalar(select(late)):
                log.warning("What was accepted has waited for over a minute. Start an `addon worker`, or more of them.")

    async def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._inbox.ring()


async def listen(inbox: Inbox, db: Database) -> None:
    """Ring the inbox's bell when other processes do and there is something to take up, until cancelled."""
    while True:
        with contextlib.suppress(Exception):
            async for _ in db.notifications(CHANNEL):
                # All workers hear it: who comes first takes it, and the others need not look for whose turn it is.
                await asyncio.sleep(random.uniform(0.0, SPREAD))  # noqa: S311 - no secret
                if await inbox.has_ready():
                    inbox.ring()
        # The worker says what is wrong with the database; until this goes on it looks once a second.
        await asyncio.sleep(POLL)

"""The add-on as it runs, beside hosts in the same process: what does not depend on which host it is."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self

import httpx
from fastapi import FastAPI
from sqlalchemy import update

from app.connect.application import Application
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant
from app.connect.work.rows import InboxRow, Status
from devhost.testing import Devhost

ADDON = "http://127.0.0.1:8000"
KEY = "q7VtN0xK2mHcW9sRZ4dYbE6uJgPf1aLo8QnC5TkXr3wMvBzS"


@dataclass
class Clock:
    """The time by which the add-on's schedules and waiting jobs are due; it only moves on."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Return Unix seconds."""
        return time.time() + self.ahead


@dataclass
class Process:
    """The add-on served to the devhost, with a client for requests of a test's own."""

    environment: ClassVar[Mapping[str, str]] = {}
    """What the add-on's environment must say, so that it believes the devhost."""

    app: FastAPI
    devhost: Devhost
    http: httpx.AsyncClient
    clock: Clock = field(default_factory=Clock)

    @property
    def parts(self) -> Application:
        """The running parts, for tests that look behind the routes."""
        application: Application = self.app.state.application
        return application

    async def ready(self) -> Self:
        """Return once it says that it is ready: a moment after its start, when it has looked around."""
        async with asyncio.timeout(30):
            while (await self.http.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.01)
        return self

    async def settle(self) -> None:
        """Wait until everything accepted has run."""
        await self.parts.worker.drain()
        await self.devhost.settle()
        await self.parts.worker.drain()

    async def pass_time(
        self, *, hours: float = 0, minutes: float = 0, seconds: float = 0, until: datetime | None = None
    ) -> None:
        """Move the clock on, and let everything run that is due by then: schedules, delayed jobs, further tries.

        `until` is an aware datetime, such as `next_time("09:00", "Europe/Berlin", now=...)`.
        """
        rest = until.timestamp() - self.clock() if until is not None else 0.0
        self.clock.ahead += rest + hours * 3600 + minutes * 60 + seconds
        await self.settle()

    async def let_time_pass(self) -> None:
        """Let everything that waits become due, and every lease run out."""
        waiting = update(InboxRow).where(InboxRow.status == Status.NEW).values(due_at=0.0)
        running = update(InboxRow).where(InboxRow.status == Status.RUNNING).values(lease_until=0.0)
        async with self.parts.database.session() as session:
            await session.execute(waiting)
            await session.execute(running)

    async def tenant_of(self, client_key: str) -> Tenant:
        """Return the tenant of an installation as it is in the database, by the name that the host gave it."""
        query = INSTALLATIONS.where(InstallationRow.client_key == client_key)
        async with self.parts.database.session() as session:
            row, owner = (await session.execute(query)).one()
            return row.view(owner)

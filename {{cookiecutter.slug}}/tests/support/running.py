"""The add-on as it runs, beside a host in the same process: real signatures, a real database, nothing patched."""

import time
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from fastapi import FastAPI
from sqlalchemy import update

from app.connect.application import Application
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant
from app.connect.work.rows import InboxRow, Status
from devhost.testing import Devhost
from devhost.world.installations import Installation

ADDON = "http://127.0.0.1:8000"
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
DESCRIPTOR = f"{ADDON}/hipchat/capabilities.json"


@dataclass
class Clock:
    """The time by which the add-on's schedules and waiting jobs are due; it only moves on."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Return Unix seconds."""
        return time.time() + self.ahead


@dataclass
class RunningAddon:
    """The add-on served to the devhost, with a client for requests of a test's own."""

    app: FastAPI
    devhost: Devhost
    http: httpx.AsyncClient
    clock: Clock = field(default_factory=Clock)

    @property
    def parts(self) -> Application:
        """The running parts, for tests that look behind the routes."""
        application: Application = self.app.state.application
        return application

    async def install(self, *, room_id: int | None = 1) -> Installation:
        """Install the add-on from the devhost and let it finish what that starts."""
        installation = await self.devhost.host.install(DESCRIPTOR, room_id=room_id)
        await self.settle()
        return installation

    async def settle(self) -> None:
        """Wait until everything accepted has run."""
        await self.parts.worker.drain()
        await self.devhost.host.settle()
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

    async def tenant(self, installation: Installation) -> Tenant:
        """Return the tenant of an installation as it is in the database."""
        query = INSTALLATIONS.where(InstallationRow.client_key == installation.client_id)
        async with self.parts.database.session() as session:
            row, owner = (await session.execute(query)).one()
            return row.view(owner)

    async def page_token(
        self, installation: Installation, kind: str = "configurable", key: str = "", *, user: str = "Admin"
    ) -> str:
        """Open one of the add-on's pages as a person would, and return its page token."""
        page = await self.devhost.host.open(installation.client_id, kind, key, room_id=1, user=user)
        return page.text.partition('name="page-token" content="')[2].partition('"')[0]

    async def api_token(self, installation: Installation) -> str:
        """Create an API token as an administrator would, on the settings page."""
        page_token = await self.page_token(installation)
        answer = await self.http.post("/hipchat/api-token", headers={"Authorization": f"JWT {page_token}"})
        token: str = answer.json()["token"]
        return token

"""Hints: what anybody may say of an installation without proof. Each is asked about later, and answered at once.

Whoever hints learns nothing from it: neither the answer nor its time depends on whether there is such an installation,
because nothing is looked up before the answer. The worker looks, with one query for all that were noted since.
"""

import logging

from sqlalchemy import tuple_

from app.connect.database.engine import Database
from app.connect.tenancy.directory import INSTALLATIONS, NAMEABLE
from app.connect.tenancy.entries import hint_entry
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant, TenantState
from app.connect.work.inbox import Inbox

log = logging.getLogger(__name__)

MOST = 10_000
"""Names noted between two looks of the worker, which come each second; more are dropped."""
CHUNK = 400


class Hints:
    """`note` for a request, `look_up` for the worker. A crash in between loses a hint; a refusal finds it out."""

    def __init__(self, database: Database, inbox: Inbox) -> None:
        self._db = database
        self._inbox = inbox
        self._noted: set[tuple[str, str]] = set()

    def note(self, host: str, client_key: str) -> None:
        """Remember that the host should be asked about an installation, if there is one."""
        if NAMEABLE.fullmatch(client_key) and len(self._noted) < MOST:
            self._noted.add((host, client_key))

    async def look_up(self) -> None:
        """Have the hosts of the installed ones asked."""
        noted = sorted(self._noted)
        for start in range(0, len(noted), CHUNK):
            chunk = noted[start : start + CHUNK]
            for tenant in await self._installed(chunk):
                await self.ask(tenant)
            self._noted.difference_update(chunk)

    async def ask(self, tenant: Tenant, *, attempt: int = 0) -> None:
        """Have the worker ask the host about an installation, unless it is about to already."""
        await self._inbox.accept(hint_entry(tenant, attempt, now=self._inbox.now()))

    async def _installed(self, names: list[tuple[str, str]]) -> list[Tenant]:
        query = INSTALLATIONS.where(
            tuple_(InstallationRow.host, InstallationRow.client_key).in_(names),
            InstallationRow.state == TenantState.INSTALLED,
        )
        async with self._db.session() as session:
            return [row.view(owner) for row, owner in await session.execute(query)]

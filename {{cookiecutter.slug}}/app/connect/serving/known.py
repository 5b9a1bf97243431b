"""Whose an inbox entry is: the tenant by its installation, from what the directory knows, else from the database.

The directory finds tenants by what a host calls them, an entry names its installation. What is remembered here is only
which entry of the directory that was; whether that still holds is the directory's to say, as for every request.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.database.engine import Database
from app.connect.tenancy.directory import INSTALLATIONS, TenantDirectory
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant
from app.connect.work.claims import Claim
from app.connect.work.rows import Kind

MOST = 10_000


class KnownTenants:
    """Finds tenants for the dispatcher."""

    def __init__(self, db: Database, directory: TenantDirectory) -> None:
        self._db = db
        self._directory = directory
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    async def of(self, claim: Claim) -> Tenant | None:
        """Return the tenant of an entry; None when it was purged.

        What decides whether a tenant is served, and who is not served, is read anew: only then does it have to be the
        very last state, where for all else one holds that requests are answered by.
        """
        known = self._entries.get(claim.owner.installation_id)
        if known is not None and known.tenant.is_installed and claim.kind is not Kind.LIFECYCLE:
            if self._directory.holds(known):
                return known.tenant
            del self._entries[claim.owner.installation_id]
        query = INSTALLATIONS.where(InstallationRow.id == claim.owner.installation_id)
        async with self._db.session() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None
        tenant = found[0].view(found[1])
        if claim.kind is Kind.SCHEDULE:
            # A clock asks for everybody, once: who is busy must not be pushed out of memory by who is not.
            return tenant
        entry = await self._directory.find(tenant.host, tenant.client_key)
        if entry is not None and entry.tenant == tenant:
            self._entries[tenant.installation_id] = entry
            if len(self._entries) > MOST:
                self._entries.popitem(last=False)
        return tenant

    @asynccontextmanager
    async def locked(self, claim: Claim) -> AsyncIterator[tuple[AsyncSession, str | None]]:
        """Give a session in which nobody else changes an entry's installation, and the state of that."""
        mine = InstallationRow.id == claim.owner.installation_id
        async with self._db.session() as session:
            # A write, not a look: whoever serves the tenant again comes before this or finds what is held.
            await session.execute(update(InstallationRow).where(mine).values(changed_at=InstallationRow.changed_at))
            yield session, await session.scalar(select(InstallationRow.state).where(mine))

"""Reads an installation with its tenant inside a transaction, for what changes them."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant


async def view_of(session: AsyncSession, installation_id: str) -> Tenant:
    """Read an installation again that may have moved in this transaction."""
    query = INSTALLATIONS.where(InstallationRow.id == installation_id).execution_options(populate_existing=True)
    row, owner = (await session.execute(query)).one()
    return row.view(owner)


async def find(
    session: AsyncSession, host: str, client_key: str, *, hold: bool = False
) -> tuple[InstallationRow, TenantRow] | None:
    """Read an installation and its tenant; `hold` keeps others from changing it until the transaction ends."""
    mine = (InstallationRow.host == host, InstallationRow.client_key == client_key)
    if hold:
        # A write, not a look: it holds the row on both databases until the transaction ends. A row that comes between
        # this and the look is held by nobody, so it is not there yet.
        held = await session.execute(update(InstallationRow).where(*mine).values(changed_at=InstallationRow.changed_at))
        if not held.rowcount:  # type: ignore[attr-defined]
            return None
    found = (await session.execute(INSTALLATIONS.where(*mine))).one_or_none()
    return None if found is None else (found[0], found[1])

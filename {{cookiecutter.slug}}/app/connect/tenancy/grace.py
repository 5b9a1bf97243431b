"""The secret before: once its grace time is over it verifies nothing any more, and is not kept either."""

import time

from sqlalchemy import update

from app.connect.database.engine import Database
from app.connect.tenancy.tables import InstallationRow


async def erase_previous(database: Database) -> None:
    """Erase the secrets before the present ones that verify no longer."""
    is_over = InstallationRow.sealed_previous.is_not(None) & (InstallationRow.previous_until <= time.time())
    async with database.session() as session:
        await session.execute(update(InstallationRow).where(is_over).values(sealed_previous=None))

"""How many API tokens are not known by the newest key of `SECRET_KEYS`: each moves to it when it is used."""

import time
from dataclasses import dataclass

from sqlalchemy import func, select

from app.connect.api_tokens.table import ApiToken, is_current
from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tables import InstallationRow


@dataclass(frozen=True, slots=True)
class Older:
    """How many tokens are not known by the newest key."""

    waiting: int
    """Known by an older one: these move when they are next used, and end when that key is taken away."""
    lost: int
    """Known by a key that is not there: nobody can use these."""


async def tokens_under_older_keys(database: Database, vault: Vault) -> Older:
    """Count the tokens that were not used since the newest key came."""
    newest, *older = vault.digest_names
    known_by = func.substr(ApiToken.digest, 1, len(newest)).label("known_by")
    query = (
        select(known_by, func.count())
        .join(InstallationRow, InstallationRow.id == ApiToken.installation_id)
        .where(ApiToken.generation == InstallationRow.generation, is_current(time.time()))
        .group_by(known_by)
    )
    async with database.session() as session:
        counts = {name: count for name, count in await session.execute(query) if name != newest}
    waiting = sum(count for name, count in counts.items() if name in older)
    return Older(waiting, sum(counts.values()) - waiting)

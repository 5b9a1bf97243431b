"""Gives the tenants of a database API tokens, a hundred each; runs in the project's environment and folder.

Argument: how many. They are spelled like the numbers 0, 1, ..., which the load generator knows.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from app.connect.api_tokens.keeping import MOST_TOKENS
from app.connect.api_tokens.spelling import RANDOM, complete
from app.connect.api_tokens.table import ApiToken, new_id
from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.settings import load_settings
from app.connect.tenancy.tables import InstallationRow
from sqlalchemy import insert, select

CHUNK = 5_000
ACCESSES = json.dumps(["builds.*.report", "builds.*.read", "!builds.secret.read"])


async def seed(count: int) -> None:
    """Write the tokens."""
    settings = load_settings()
    db = Database(settings.database_url.get_secret_value())
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    now = time.time()
    async with db.session() as session:
        found = (await session.execute(select(InstallationRow.id, InstallationRow.tenant_id))).all()
    for first in range(0, count, CHUNK):
        rows = [
            {
                "id": new_id(),
                "tenant_id": found[number // MOST_TOKENS].tenant_id,
                "installation_id": found[number // MOST_TOKENS].id,
                "generation": 1,
                "digest": vault.digests(complete(f"{number:0{RANDOM}}"))[0],
                "name": "CI",
                "accesses_json": ACCESSES,
                "last_used_at": now,
                "created_at": now,
            }
            for number in range(first, min(first + CHUNK, count))
        ]
        async with db.session() as session:
            await session.execute(insert(ApiToken), rows)
    await db.dispose()


asyncio.run(seed(int(sys.argv[1])))

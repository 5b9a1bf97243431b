"""Fills a database with installed tenants; runs in the project's environment and folder.

Arguments: how many, of which host, and where that is, if it is to be called. They are called t0, t1, ... and share one
secret, which the load generator knows.
"""

import asyncio
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from app.connect.application import ROOT
from app.connect.database.engine import Database
from app.connect.database.schema import migrate
from app.connect.hosts.atlassian import AtlassianDetails
from app.connect.hosts.hipchat import HipChatDetails
from app.connect.keys.sealing import Vault
from app.connect.settings import load_settings
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState
from sqlalchemy import insert

SECRET = "bench-0123456789abcdefghijklmnopqrstuvwxyz"
CHUNK = 5_000
ORIGIN = sys.argv[3] if len(sys.argv) > 3 else "https://host.example"  # noqa: PLR2004
DETAILS = {
    "hipchat": HipChatDetails(
        capabilities_url=f"{ORIGIN}/v2/capabilities",
        token_url=f"{ORIGIN}/v2/oauth/token",
        group_id="1",
        group_name="Bench",
        room_id="1",
    ),
    "jira": AtlassianDetails(base_url=ORIGIN),
}


async def seed(count: int, host: str) -> None:
    """Migrate the database and write `count` tenants of a host."""
    settings = load_settings()
    db = Database(settings.database_url.get_secret_value())
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    await migrate(db, ROOT)
    long_ago = time.time() - 3600
    details = DETAILS[host].model_dump_json()
    for first in range(0, count, CHUNK):
        tenants, installations = [], []
        for number in range(first, min(first + CHUNK, count)):
            tenant_id, installation_id = uuid.uuid4().hex, uuid.uuid4().hex
            tenants.append(
                {
                    "id": tenant_id,
                    "state": TenantState.INSTALLED,
                    "memo_json": "{}",
                    "installed_at": long_ago,
                    "changed_at": long_ago,
                }
            )
            installations.append(
                {
                    "id": installation_id,
                    "tenant_id": tenant_id,
                    "host": host,
                    "client_key": f"t{number}",
                    "state": TenantState.INSTALLED,
                    "generation": 1,
                    "origin": ORIGIN,
                    "api_url": f"{ORIGIN}/v2/",
                    "web_url": ORIGIN,
                    "sealed_secret": vault.seal(SECRET, owner=secret_owner(installation_id)),
                    "previous_until": 0.0,
                    "details_json": details,
                    "changed_at": long_ago,
                }
            )
        async with db.session() as session:
            await session.execute(insert(TenantRow), tenants)
            await session.execute(insert(InstallationRow), installations)
    await db.dispose()


asyncio.run(seed(int(sys.argv[1]), sys.argv[2]))

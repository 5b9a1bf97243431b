"""A tenant of a HipChat host in a database, and a clock for what waits."""

import asyncio

from app.connect.database.engine import Database
from app.connect.hosts.hipchat.settings import HipChatDetails
from app.connect.tenancy.tenant import Tenant
from tests.connect.rows import add_tenant

ALL_SCOPES = (
    "admin_group",
    "admin_room",
    "import_data",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
)


class Clock:
    """Time that passes only when somebody sleeps; remembers for how long each one did."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def store_tenant(database: Database, *, base_url: str, client_key: str) -> Tenant:
    """Store the tenant of a host at `base_url`."""
    details = HipChatDetails(capabilities_url=f"{base_url}/v2/capabilities", token_url=f"{base_url}/v2/oauth/token")
    async with database.session() as session:
        return await add_tenant(
            session,
            client_key,
            origin=base_url,
            api_url=f"{base_url}/v2/",
            web_url=base_url,
            details_json=details.model_dump_json(),
        )

"""Users of a test's own, and what they show."""

import base64
from collections.abc import Sequence

import httpx

from app.connect.access.hashing import hash_password
from app.connect.access.users import Users
from app.connect.tenancy.tenant import Tenant
from tests.support.running import RunningAddon

PASSWORD = "Quartz-Lagoon-71-Velvet"
OTHER_PASSWORD = "Tundra-Pickle-58-Saffron"
WISH = {"name": "CI of web", "accesses": ["reports.web.read"], "expires_in": 3600}


def users_of(addon: RunningAddon) -> Users:
    return Users(addon.parts.database, list(addon.parts.hosts))


async def add_user(
    addon: RunningAddon,
    tenant: Tenant,
    name: str = "eve",
    password: str = PASSWORD,
    accesses: Sequence[str] | None = None,
) -> None:
    await users_of(addon).add(tenant.id, name, hash_password(password), accesses)


def basic(tenant: Tenant, name: str = "eve", password: str = PASSWORD) -> dict[str, str]:
    return raw_basic(f"{tenant.id}/{name}:{password}".encode())


def raw_basic(credentials: bytes) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


async def create(addon: RunningAddon, headers: dict[str, str], **changes: object) -> httpx.Response:
    return await addon.http.post("/api/tokens", json=WISH | changes, headers=headers)

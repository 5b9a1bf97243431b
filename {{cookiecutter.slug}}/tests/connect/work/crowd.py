"""Many tenants and many entries, written straight into the database: installing them one by one takes minutes."""

import uuid
from collections.abc import Sequence

from sqlalchemy import insert, update

from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Envelope, InboxRow, Kind, Owner, new_row
from devhost.world.installations import Installation
from tests.connect.probe import ProbedAddon

CHUNK = 1_000


async def move_to(process: ProbedAddon, installation: Installation, origin: str) -> None:
    """Let an installation's host be at another origin than the others'."""
    tenant = await process.tenant(installation)
    row = InstallationRow
    await process.change(update(row).where(row.id == tenant.installation_id).values(origin=origin))
    process.parts.forget(tenant)


async def add_tenants(process: ProbedAddon, count: int, *, origin: str = "https://chat.example.com") -> list[Owner]:
    """Write tenants that are installed since 1970."""
    owners = [Owner(uuid.uuid4().hex, uuid.uuid4().hex, 1, origin) for _ in range(count)]
    tenants = [
        {
            "id": one.tenant_id,
            "state": TenantState.INSTALLED,
            "memo_json": "{}",
            "installed_at": -1.0,
            "changed_at": 0.0,
        }
        for one in owners
    ]
    installations = [
        {
            "id": one.installation_id,
            "tenant_id": one.tenant_id,
            "host": "hipchat",
            "client_key": one.installation_id,
            "state": TenantState.INSTALLED,
            "generation": one.generation,
            "origin": one.origin,
            "api_url": f"{origin}/v2/",
            "web_url": origin,
            "previous_until": 0.0,
            "details_json": "{}",
            "changed_at": 0.0,
        }
        for one in owners
    ]
    for start in range(0, count, CHUNK):
        async with process.parts.database.session() as session:
            await session.execute(insert(TenantRow), tenants[start : start + CHUNK])
            await session.execute(insert(InstallationRow), installations[start : start + CHUNK])
    return owners


async def add_entries(
    process: ProbedAddon, owners: Sequence[Owner], each: int, *, kind: Kind = Kind.JOB, name: str = "probe-job"
) -> None:
    """Write entries that are ready, the tenants' first ones first."""
    rows: list[InboxRow] = []
    for number in range(each):
        rows += [new_row(kind, name, owner, envelope=Envelope(str(number))) for owner in owners]
    for start in range(0, len(rows), CHUNK):
        async with process.parts.database.session() as session:
            await process.parts.inbox.put_many(session, rows[start : start + CHUNK])

"""Rows for tests that need a tenant in the database and no host."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant, TenantState


def tenant_row(tenant_id: str, **changes: object) -> TenantRow:
    """Make the row of an installed tenant."""
    values: dict[str, object] = {
        "id": tenant_id,
        "state": TenantState.INSTALLED,
        "memo_json": "{}",
        "installed_at": 0.0,
        "changed_at": 0.0,
    }
    return TenantRow(**values | changes)


def installation_row(tenant_id: str, **changes: object) -> InstallationRow:
    """Make the row of a tenant's installation; its id and client key are the tenant's id."""
    values: dict[str, object] = {
        "id": tenant_id,
        "tenant_id": tenant_id,
        "host": "other",
        "client_key": tenant_id,
        "state": TenantState.INSTALLED,
        "generation": 1,
        "origin": "https://host.example",
        "api_url": "https://host.example/v2/",
        "web_url": "https://host.example",
        "previous_until": 0.0,
        "details_json": "{}",
        "changed_at": 0.0,
    }
    return InstallationRow(**values | changes)


async def add_tenant(session: AsyncSession, tenant_id: str, **changes: object) -> Tenant:
    """Add a tenant with one installation, which `changes` are of, and return its view."""
    owner, row = tenant_row(tenant_id), installation_row(tenant_id, **changes)
    session.add(owner)
    await session.flush()
    session.add(row)
    await session.flush()
    return row.view(owner)

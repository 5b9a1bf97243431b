"""Rows for tests that need a tenant in the database and no host."""

from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState


def tenant_row(tenant_id: str, **changes: object) -> TenantRow:
    """Make the row of an installed tenant, without an installation."""
    values: dict[str, object] = {
        "id": tenant_id,
        "state": TenantState.INSTALLED,
        "memo_json": "{}",
        "installed_at": 0.0,
        "changed_at": 0.0,
    }
    return TenantRow(**values | changes)


def installation_row(tenant_id: str, **changes: object) -> InstallationRow:
    """Make the row of a tenant's one installation; its id and its client key are the tenant's id."""
    values: dict[str, object] = {
        "id": tenant_id,
        "tenant_id": tenant_id,
        "host": "hipchat",
        "client_key": tenant_id,
        "state": TenantState.INSTALLED,
        "generation": 1,
        "origin": "https://host.example",
        "api_url": "https://host.example/v2/",
        "web_url": "https://host.example",
        "details_json": "{}",
        "changed_at": 0.0,
    }
    return InstallationRow(**values | changes)

"""Rows for tests that need a tenant in the database and no host."""

from app.connect.tenancy.tables import TenantRow, TenantState


def tenant_row(tenant_id: str, **changes: object) -> TenantRow:
    """Make the row of an installed tenant; its client key is its id."""
    values: dict[str, object] = {
        "id": tenant_id,
        "host": "hipchat",
        "client_key": tenant_id,
        "state": TenantState.INSTALLED,
        "generation": 1,
        "sealed_secret": b"",
        "origin": "https://host.example",
        "capabilities_url": "https://host.example/v2/capabilities",
        "api_url": "https://host.example/v2/",
        "token_url": "https://host.example/v2/oauth/token",
        "web_url": "https://host.example",
        "memo_json": "{}",
        "installed_at": 0.0,
        "changed_at": 0.0,
    }
    return TenantRow(**values | changes)

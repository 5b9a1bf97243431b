"""What the directory knows by heart of one installation."""

from dataclasses import dataclass

from app.connect.keys.jwt import VerifyKey
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import Tenant


@dataclass(slots=True)
class Entry:
    """A tenant with its sealed secrets; the keys are prepared at first use."""

    tenant: Tenant
    sealed_secret: bytes | None
    sealed_previous: bytes | None
    previous_until: float
    keys: tuple[tuple[VerifyKey, ...], tuple[VerifyKey, ...]] | None = None
    """Of the present secret alone, and of it and the one before; made once, since every new token asks."""
    asked: float = 0.0
    """When it was asked for, by the monotonic clock: what was asked for earlier does not replace it."""


def entry_of(row: InstallationRow, owner: TenantRow, asked: float) -> Entry:
    """Make the entry of rows that were asked for at a moment."""
    return Entry(row.view(owner), row.sealed_secret, row.sealed_previous, row.previous_until, asked=asked)

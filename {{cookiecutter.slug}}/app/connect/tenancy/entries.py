"""The inbox entries of a tenant's lifecycle: their names, when they are due, and how each is made."""

import time

from sqlalchemy import ColumnElement

from app.connect.tenancy.tenant import Tenant
from app.connect.work.rows import Envelope, InboxRow, Kind, Owner, Status, new_row

INSTALLED = "installed"
UNINSTALLED = "uninstalled"
CHECK_HINT = "check-hint"
CHECK_DOUBT = "check-doubt"
PURGE = "purge"
PURGE_DELAY = 3.0
"""Seconds between goodbye and purge: every process has seen the new state by then (`directory.DISTRUST_AFTER`)."""
HINTS = (0.0, 30.0, 300.0)
"""Seconds until each check of a hint: a host may report an uninstall before it revokes the client."""
DOUBTS = (15.0, 60.0, 300.0, 3600.0)
"""Seconds from each refusal of the host to the next question; one more refusal after the last uninstalls."""
LONGEST_ADDRESS = 255


def called_at(api_url: str) -> str:
    """Name what takes an installation's calls, as far as the inbox tells such apart."""
    return api_url[:LONGEST_ADDRESS]


def owner_of(tenant: Tenant) -> Owner:
    """Say whose an inbox entry of this tenant is."""
    return Owner(tenant.id, tenant.installation_id, tenant.generation, called_at(tenant.api_url))


def installed_entry(tenant: Tenant, *, due_at: float | None = None) -> InboxRow:
    """Make the entry that runs what the add-on does when it was installed."""
    name = f"{INSTALLED}:{tenant.generation}"
    return new_row(Kind.LIFECYCLE, INSTALLED, owner_of(tenant), delivery_id=name, due_at=due_at)


def hint_entry(tenant: Tenant, attempt: int, *, now: float) -> InboxRow:
    """Make the entry that asks the host what a hint is worth; however often one comes, few are asked about."""
    window = max(HINTS[attempt], HINTS[1])
    return new_row(
        Kind.LIFECYCLE,
        CHECK_HINT,
        owner_of(tenant),
        envelope=Envelope(attempt),
        delivery_id=f"{CHECK_HINT}:{attempt}:{int(now // window)}",
        due_at=now + HINTS[attempt],
    )


def doubt_entry(tenant: Tenant, since: float, attempt: int, *, now: float) -> InboxRow:
    """Make the entry that asks the host again about the doubt that began at `since`."""
    return new_row(
        Kind.LIFECYCLE,
        CHECK_DOUBT,
        owner_of(tenant),
        envelope=Envelope([since, attempt]),
        due_at=now + DOUBTS[attempt],
    )


def goodbye_entry(tenant: Tenant, *, due_at: float) -> InboxRow:
    """Make the entry that runs what the add-on does before a tenant's data goes; the purge follows it."""
    return new_row(Kind.LIFECYCLE, UNINSTALLED, owner_of(tenant), due_at=due_at)


def purge_entry(tenant: Tenant, goodbye: int) -> InboxRow:
    """Make the entry that deletes everything of a tenant, once every process has seen that it is gone.

    `goodbye` is the id of the entry that said it: one purge follows each, whether that went well or not.
    """
    return new_row(
        Kind.LIFECYCLE,
        PURGE,
        owner_of(tenant),
        delivery_id=f"{PURGE}:{goodbye}",
        due_at=time.time() + PURGE_DELAY,
    )


def waiting_end(tenant_id: str) -> tuple[ColumnElement[bool], ...]:
    """Find the goodbye and the purge of a tenant that wait."""
    return (
        InboxRow.tenant_id == tenant_id,
        InboxRow.kind == Kind.LIFECYCLE,
        InboxRow.name.in_((UNINSTALLED, PURGE)),
        InboxRow.status == Status.NEW,
    )

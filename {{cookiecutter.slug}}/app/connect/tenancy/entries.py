"""The inbox entries of a tenant's lifecycle: their names, when they are due, and how each is made."""

import time

from app.connect.tenancy.tenant import Tenant
from app.connect.work.rows import InboxRow, Kind, Owner, new_row

INSTALLED = "installed"
UNINSTALLED = "uninstalled"
CHECK_UNINSTALL = "check-uninstall"
PURGE = "purge"
PURGE_DELAY = 3.0
"""Seconds between uninstall and purge: every process has seen the new state by then (`directory.DISTRUST_AFTER`)."""
CHECKS = (0.0, 30.0, 300.0)
"""Seconds until each check of a reported uninstall: a host may report before it revokes the client."""


def owner_of(tenant: Tenant) -> Owner:
    """Say whose an inbox entry of this tenant is."""
    return Owner(tenant.id, tenant.installation_id, tenant.generation)


def purge_entry(tenant: Tenant) -> InboxRow:
    """Make the entry that deletes everything of an uninstalled tenant, once every process has seen that it is gone."""
    return new_row(Kind.LIFECYCLE, PURGE, owner_of(tenant), delivery_id=PURGE, due_at=time.time() + PURGE_DELAY)


def installed_entry(tenant: Tenant) -> InboxRow:
    """Make the entry that runs what the add-on does when it was installed."""
    return new_row(Kind.LIFECYCLE, INSTALLED, owner_of(tenant), delivery_id=INSTALLED)

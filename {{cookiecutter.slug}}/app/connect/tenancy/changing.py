"""What every change of a tenant's state has in common: where it is written, and who hears of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from app.connect.database.engine import Database
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Tenant
from app.connect.work.inbox import Inbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changing:
    """The database and the inbox that changes are written to, and what forgets a changed tenant."""

    database: Database
    inbox: Inbox
    on_change: Callable[[Tenant], None]

    def tell(self, tenant: Tenant, what: str, *, level: int = logging.INFO, **extra: Any) -> None:
        """Forget what this process remembers of a tenant, wake the worker and log what changed."""
        self.on_change(tenant)
        self.inbox.ring()
        log.log(level, what, extra={"tenant": tenant.id, **extra})


def is_still(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    """Find the row while it is still the installation that was read."""
    return InstallationRow.id == tenant.installation_id, InstallationRow.generation == tenant.generation

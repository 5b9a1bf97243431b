"""The entries that change a tenant's state instead of running a handler: the check of a doubt, and the purge."""

import logging
from collections.abc import Mapping

from app.connect.hosts.protocol import Host
from app.connect.tenancy.entries import CHECK_UNINSTALL, CHECKS, PURGE
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Tenant
from app.connect.work.inbox import Claim
from app.connect.work.rows import Envelope

log = logging.getLogger(__name__)

TRANSITIONS = {CHECK_UNINSTALL, PURGE}


class Transitions:
    """Runs them; host errors pass through, so that the entry is tried again."""

    def __init__(self, hosts: Mapping[str, Host], lifecycle: Lifecycle) -> None:
        self._hosts = hosts
        self._lifecycle = lifecycle

    async def run(self, claim: Claim, tenant: Tenant) -> None:
        """Run one entry."""
        if claim.name == PURGE:
            await self._lifecycle.purge(tenant)
            return
        await self._check(tenant, int(Envelope.load(claim.body).payload))

    async def _check(self, tenant: Tenant, attempt: int) -> None:
        """Ask the host; only its own word uninstalls. Alive: look again later, then believe that it is."""
        known = await self._lifecycle.known(tenant.host, tenant.client_key)
        change = await self._hosts[tenant.host].lifecycle.confirm(tenant, known.secret if known else None)
        if change is not None:
            await self._lifecycle.apply(tenant.host, change, proved=tenant)
            return
        log.info("reported as uninstalled, but the host knows it", extra={"tenant": tenant.id, "attempt": attempt})
        if attempt + 1 < len(CHECKS):
            await self._lifecycle.suspect(tenant, attempt=attempt + 1)

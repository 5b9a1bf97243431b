"""The entries that change a tenant's state instead of running a handler: questions to its host, and the purge."""

import logging
from collections.abc import Mapping

from app.connect.hosts.protocol import Host
from app.connect.tenancy.doubts import Doubts
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.entries import CHECK_DOUBT, CHECK_HINT, HINTS, PURGE
from app.connect.tenancy.hints import Hints
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Tenant, Uninstalled
from app.connect.work.claims import Claim
from app.connect.work.rows import Envelope

log = logging.getLogger(__name__)

TRANSITIONS = {CHECK_HINT, CHECK_DOUBT, PURGE}


class Transitions:
    """Runs them; host errors pass through, so that the entry is tried again."""

    def __init__(
        self, hosts: Mapping[str, Host], lifecycle: Lifecycle, *, doubts: Doubts, endings: Endings, hints: Hints
    ) -> None:
        self._hosts = hosts
        self._lifecycle = lifecycle
        self._doubts = doubts
        self._endings = endings
        self._hints = hints

    async def run(self, claim: Claim, tenant: Tenant) -> None:
        """Run one entry."""
        payload = Envelope.load(claim.body).payload
        if claim.name == PURGE:
            await self._endings.purge(tenant)
        elif claim.name == CHECK_HINT:
            await self._check_hint(tenant, int(payload))
        else:
            since, attempt = payload
            await self._check_doubt(tenant, float(since), int(attempt))

    async def _check_hint(self, tenant: Tenant, attempt: int) -> None:
        """Ask the host; its refusal is the first doubt. Alive: look again later, then believe that it is."""
        if not tenant.is_installed:
            return
        if not await self._is_known(tenant):
            await self._doubts.begin(tenant)
            return
        log.info("reported as ended or changed; the host knows it", extra={"tenant": tenant.id, "attempt": attempt})
        if attempt + 1 < len(HINTS):
            await self._hints.ask(tenant, attempt=attempt + 1)

    async def _check_doubt(self, tenant: Tenant, since: float, attempt: int) -> None:
        """Ask the host again; nothing is asked about a doubt that is over."""
        if not tenant.is_in_doubt or tenant.doubted_at != since:
            return
        if await self._is_known(tenant):
            await self._doubts.dispel(tenant)
        else:
            await self._doubts.go_on(tenant, since, attempt)

    async def _is_known(self, tenant: Tenant) -> bool:
        """Ask the host whether it knows an installation; what else it says is written down."""
        known = await self._lifecycle.known(tenant.host, tenant.client_key)
        change = await self._hosts[tenant.host].lifecycle.confirm(tenant, known.secret if known else None)
        if isinstance(change, Uninstalled):
            return False
        if change is not None:
            await self._lifecycle.apply(tenant.host, change, proved=tenant)
        return True

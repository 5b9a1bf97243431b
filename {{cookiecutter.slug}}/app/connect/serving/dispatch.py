"""Runs a claimed inbox entry in its tenant's context, and decides what becomes of it: done, tried again, or dead."""

import asyncio
import logging
from collections.abc import Mapping

from app.connect.context import Context
from app.connect.database.engine import Database
from app.connect.declare.addon import Addon
from app.connect.errors import HostError
from app.connect.hosts.protocol import Answer, Host
from app.connect.logging import bind, redact, request_id
from app.connect.serving.contexts import Contexts
from app.connect.serving.handlers import HandlerGone, call_handlers
from app.connect.serving.retries import ATTEMPTS, is_permanent, pause_after
from app.connect.serving.transitions import TRANSITIONS, Transitions
from app.connect.tenancy.directory import INSTALLATIONS
from app.connect.tenancy.entries import PURGE, UNINSTALLED, purge_entry
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import Caller, Tenant, TenantState
from app.connect.work.inbox import Claim, Inbox
from app.connect.work.rows import Envelope, Kind

log = logging.getLogger(__name__)

HANDLER_LIMIT = 300.0
SUSPENDED_DELAY = 60.0


class LeaseLost(Exception):
    """Another worker took the entry over; whatever this one did is undone."""


class Dispatcher:
    """Gives entries to handlers. `run` is for the worker, `run_inline` for a request that waits for the answer."""

    def __init__(
        self,
        *,
        addon: Addon,
        hosts: Mapping[str, Host],
        contexts: Contexts,
        database: Database,
        inbox: Inbox,
        lifecycle: Lifecycle,
    ) -> None:
        self._addon = addon
        self._hosts = hosts
        self._contexts = contexts
        self._db = database
        self._inbox = inbox
        self._transitions = Transitions(hosts, lifecycle)

    async def run(self, claim: Claim) -> None:
        """Run one claimed entry to its end; what its handler returns is sent by the host's own means."""
        await self._process(claim, inline=False)

    async def run_inline(self, claim: Claim) -> Answer | None:
        """Run an entry at once and return what its handler has to say in the response."""
        async with self._inbox.hold(claim):
            return await self._process(claim, inline=True)

    async def _process(self, claim: Claim, *, inline: bool) -> Answer | None:
        request_id.set(f"inbox-{claim.id}")
        bind(claim.owner.tenant_id)
        tenant = await self._tenant(claim)
        if tenant is None or tenant.generation != claim.owner.generation or not _may_run(tenant, claim):
            await self._inbox.settle(claim)
        elif tenant.state is TenantState.SUSPENDED or not self._is_served(tenant, claim):
            await self._inbox.retry(claim, delay=SUSPENDED_DELAY, error=None, counts=False)
        elif claim.attempts > ATTEMPTS:
            await self._give_up(claim, tenant, "It was started too often without an end: the process may die of it.")
        elif await self._inbox.is_replaced(claim):
            await self._inbox.settle(claim)
        else:
            try:
                return await self._run(claim, tenant, inline=inline)
            except LeaseLost:
                log.warning("another worker took this over", extra={"entry": claim.id})
            except Exception as error:  # noqa: BLE001 - whatever a handler raises, its entry is kept
                await self._failed(claim, tenant, error)
        return None

    async def _run(self, claim: Claim, tenant: Tenant, *, inline: bool) -> Answer | None:
        if claim.kind is Kind.LIFECYCLE and claim.name in TRANSITIONS:
            await self._transitions.run(claim, tenant)
            await self._inbox.settle(claim)
            return None
        envelope = Envelope.load(claim.body)
        deliveries = self._hosts[tenant.host].deliveries
        written: Answer | None = None
        async with self._contexts.open(tenant, Caller.load(envelope.caller)) as context:
            async with asyncio.timeout(HANDLER_LIMIT):
                result = await call_handlers(self._addon, claim, context, envelope.payload)
                if result is not None and inline:
                    written = deliveries.answer(result)
                elif result is not None:
                    # On SQLite the reply's access token could not be written while this transaction holds rows.
                    await context.commit()
                    await deliveries.reply(context, result)
            if claim.kind is Kind.LIFECYCLE and claim.name == UNINSTALLED:
                context.db.add(purge_entry(tenant))
            await self._finish(claim, context)
        return written

    def _is_served(self, tenant: Tenant, claim: Claim) -> bool:
        """Tell whether the tenant's host is enabled; what needs no host does not wait for it."""
        return tenant.host in self._hosts or claim.name == PURGE

    async def _finish(self, claim: Claim, context: Context) -> None:
        """End the entry in the handler's own transaction: its rows and the mark are kept together or not at all."""
        if not await self._inbox.finish(claim, context.db):
            raise LeaseLost

    async def _failed(self, claim: Claim, tenant: Tenant, error: Exception) -> None:
        said = redact(f"{type(error).__name__}: {error}")
        if claim.name in TRANSITIONS and isinstance(error, HostError):
            # Whether an installation is over can be asked of its host alone, however long that is away.
            await self._inbox.retry(claim, delay=SUSPENDED_DELAY, error=said, counts=False)
            return
        if claim.attempts >= ATTEMPTS or is_permanent(error):
            await self._give_up(claim, tenant, said, error)
            return
        delay = pause_after(claim.attempts)
        log.warning(
            "handler failed; it runs again",
            exc_info=error,
            extra={"handler": claim.name, "attempt": claim.attempts, "again_in": round(delay, 1)},
        )
        await self._inbox.retry(claim, delay=delay, error=said)

    async def _give_up(self, claim: Claim, tenant: Tenant, said: str, error: Exception | None = None) -> None:
        if isinstance(error, HandlerGone):
            log.error("%s; put it back and run: addon replay %s; or: addon discard %s", error, claim.id, claim.id)
        else:
            log.error(
                "handler failed for good; mend it, then run: addon replay %s",
                claim.id,
                exc_info=error,
                extra={"handler": claim.name, "error": said},
            )
        if claim.kind is Kind.LIFECYCLE and claim.name == UNINSTALLED:
            # The tenant's wish that its data goes does not wait for our handler to be mended.
            await self._inbox.accept(purge_entry(tenant))
        await self._inbox.bury(claim, said)

    async def _tenant(self, claim: Claim) -> Tenant | None:
        query = INSTALLATIONS.where(InstallationRow.id == claim.owner.installation_id)
        async with self._db.session() as session:
            found = (await session.execute(query)).one_or_none()
        return None if found is None else found[0].view(found[1])


def _may_run(tenant: Tenant, claim: Claim) -> bool:
    """Only installed tenants run handlers; an uninstalled one says goodbye and is purged."""
    if tenant.state is TenantState.UNINSTALLED:
        return claim.kind is Kind.LIFECYCLE and claim.name in {UNINSTALLED, PURGE}
    return True

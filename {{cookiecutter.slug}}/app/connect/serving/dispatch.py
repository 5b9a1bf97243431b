"""Runs a claimed inbox entry in its tenant's context, and decides what becomes of it: done, tried again, or dead."""

import asyncio
import logging
from collections.abc import Collection, Mapping

from app.connect.context import Context
from app.connect.declare.addon import Addon
from app.connect.errors import HostError
from app.connect.hosts.protocol import Answer, Host
from app.connect.logging import bind, redact, request_id
from app.connect.network.fetch import HostUnavailable
from app.connect.network.tokens import TokenAwaited
from app.connect.serving.contexts import Contexts
from app.connect.serving.handlers import HandlerGone, call_handlers
from app.connect.serving.known import KnownTenants
from app.connect.serving.retries import CRASHES, LONGEST_AFTER_OUTAGE, LONGEST_BACKOFF, is_permanent, pause_after
from app.connect.serving.transitions import TRANSITIONS, Transitions
from app.connect.tenancy.entries import INSTALLED, PURGE, UNINSTALLED, purge_entry
from app.connect.tenancy.tenant import Caller, Tenant, TenantState
from app.connect.work.claims import Claim
from app.connect.work.inbox import Inbox
from app.connect.work.pauses import Pauses
from app.connect.work.rows import Envelope, Kind
from app.connect.work.waiting import AWAITED

log = logging.getLogger(__name__)

HANDLER_LIMIT = 300.0
UNSERVED_DELAY = 60.0
"""Seconds until an entry is looked at again whose host is not enabled, or cannot be asked."""
LONGEST_GOODBYE = 3600.0
"""Seconds for which a goodbye that fails is said again: the data of a tenant that left does not wait for more."""
HELD_DELAYS: Mapping[str, float] = {TenantState.SUSPENDED: 300.0, TenantState.UNINSTALLED: 3600.0}
"""Seconds until a held entry is looked at again; whoever serves its tenant again makes it due at once."""


AWAITED_DELAY = 300.0
"""Seconds until an entry is tried again that found no access token; the next token makes it due at once."""
ENDS = {UNINSTALLED, PURGE}


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
        tenants: KnownTenants,
        inbox: Inbox,
        pauses: Pauses,
        transitions: Transitions,
        give_up_after: float,
    ) -> None:
        self._addon = addon
        self._hosts = hosts
        self._contexts = contexts
        self._tenants = tenants
        self._inbox = inbox
        self._pauses = pauses
        self._transitions = transitions
        self._give_up_after = give_up_after

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
        tenant = await self._tenants.of(claim)
        why = None if tenant is None else _why_over(tenant, claim)
        if tenant is None or why is not None:
            await self._inbox.drop(claim, why or "its tenant was purged")
        elif _must_wait(tenant, claim):
            await self._hold_back(claim)
        elif not self._is_served(tenant, claim):
            await self._inbox.retry(claim, delay=UNSERVED_DELAY, error=None, counts=False)
        elif claim.crashes >= CRASHES:
            await self._give_up(claim, tenant, "It was started too often without an end: the process may die of it.")
        elif await self._inbox.is_replaced(claim):
            await self._inbox.drop(claim, "a newer one has its key")
        else:
            try:
                answer = await self._run(claim, tenant, inline=inline)
            except LeaseLost:
                log.warning("another worker took this over", extra={"entry": claim.id})
            except Exception as error:  # noqa: BLE001 - whatever a handler raises, its entry is kept
                await self._failed(claim, tenant, error)
            else:
                self._pauses.answered(claim.owner.origin)
                return answer
        return None

    async def _run(self, claim: Claim, tenant: Tenant, *, inline: bool) -> Answer | None:
        if _is_lifecycle(claim, TRANSITIONS):
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
            if _is_lifecycle(claim, {UNINSTALLED}):
                context.db.add(purge_entry(tenant, claim.id))
            await self._finish(claim, context)
        return written

    async def _hold_back(self, claim: Claim) -> None:
        """Keep an entry until its tenant is served again."""
        async with self._tenants.locked(claim) as (session, state):
            await self._inbox.hold_back(claim, session, delay=HELD_DELAYS.get(state or "", 0.0))

    def _is_served(self, tenant: Tenant, claim: Claim) -> bool:
        """Tell whether the tenant's host is enabled; what needs no host does not wait for it."""
        return tenant.host in self._hosts or _is_lifecycle(claim, {PURGE})

    async def _finish(self, claim: Claim, context: Context) -> None:
        """End the entry in the handler's own transaction: its rows and the mark are kept together or not at all.

        Where it holds none, entries that end at the same time share one; who waits for that holds no connection.
        """
        is_free = await context.let_go()
        is_mine = await (self._inbox.settle(claim) if is_free else self._inbox.finish(claim, context.db))
        if not is_mine:
            raise LeaseLost

    async def _failed(self, claim: Claim, tenant: Tenant, error: Exception) -> None:
        said = redact(f"{type(error).__name__}: {error}")
        pause = self._pause(claim, error)
        if _is_lifecycle(claim, TRANSITIONS) and isinstance(error, HostError):
            # Whether an installation is over can be asked of its host alone, however long that is away.
            await self._inbox.retry(claim, delay=max(UNSERVED_DELAY, pause), error=said, counts=False)
            return
        if isinstance(error, TokenAwaited):
            log.warning(
                "no access token of the host is there; the entry waits for the next one",
                extra={"handler": claim.name, "entry": claim.id},
            )
            await self._inbox.retry(claim, delay=AWAITED_DELAY, error=AWAITED, counts=False)
            return
        limit = min(self._give_up_after, LONGEST_GOODBYE) if _is_lifecycle(claim, ENDS) else self._give_up_after
        is_old = self._inbox.now() - claim.since >= limit
        if is_permanent(error) or (is_old and _reset_of(error) is None):
            await self._give_up(claim, tenant, said, error)
            return
        self._say(claim, error, pause)
        await self._inbox.retry(claim, delay=pause, error=said, counts=_reset_of(error) is None)

    def _pause(self, claim: Claim, error: Exception) -> float:
        """Return the seconds to wait, and have the others wait that would meet the same."""
        owner, now = claim.owner, self._inbox.now()
        reset = _reset_of(error)
        if reset is not None:
            return self._pauses.limited(owner.origin, owner.tenant_id, reset) - now
        if isinstance(error, HostUnavailable):
            return max(self._pauses.failed(owner.origin), pause_after(claim.attempts, longest=LONGEST_AFTER_OUTAGE))
        return pause_after(claim.attempts, longest=LONGEST_BACKOFF)

    def _say(self, claim: Claim, error: Exception, pause: float) -> None:
        """Log a failure: those of a host once a minute for its origin, others with where they come from at first."""
        about = {"handler": claim.name, "attempt": claim.attempts, "again_in": round(pause, 1)}
        if _reset_of(error) is None and not isinstance(error, HostUnavailable):
            log.warning("handler failed; it runs again", exc_info=error if claim.attempts == 1 else None, extra=about)
            return
        count = self._pauses.say(claim.owner.origin)
        if count is not None:
            log.warning(
                "a host does not take calls now; what waits for it runs later: %s",
                type(error).__name__,
                extra={**about, "origin": claim.owner.origin, "count": count},
            )

    async def _give_up(self, claim: Claim, tenant: Tenant, said: str, error: Exception | None = None) -> None:
        if isinstance(error, HandlerGone):
            log.error(
                "%s; put it back and run: addon inbox replay %s; or: addon inbox discard %s", error, claim.id, claim.id
            )
        else:
            log.error(
                "handler failed for good; mend it, then run: addon inbox replay %s",
                claim.id,
                exc_info=error,
                extra={"handler": claim.name, "error": said},
            )
        if _is_lifecycle(claim, {UNINSTALLED}):
            # The tenant's wish that its data goes does not wait for our handler to be mended.
            await self._inbox.accept(purge_entry(tenant, claim.id))
        await self._inbox.bury(claim, said)


def _is_lifecycle(claim: Claim, names: Collection[str]) -> bool:
    return claim.kind is Kind.LIFECYCLE and claim.name in names


def _why_over(tenant: Tenant, claim: Claim) -> str | None:
    """Say why an entry never runs any more; None where it does.

    An installation that was renewed runs what was accepted before: only its end ends that. A goodbye is to nobody who
    is there, and all but that is for nobody who is gone for good.
    """
    is_gone = tenant.state is TenantState.UNINSTALLED
    if _is_lifecycle(claim, ENDS):
        return None if is_gone else "its tenant is back"
    if _is_lifecycle(claim, {INSTALLED}) and tenant.generation != claim.owner.generation:
        return "its tenant was installed anew, which is told once"
    if is_gone and (not tenant.can_be_restored or _is_lifecycle(claim, TRANSITIONS)):
        return "its tenant was uninstalled"
    return None


def _must_wait(tenant: Tenant, claim: Claim) -> bool:
    """Tell what is kept until its tenant is served again: everything but what decides whether it will be."""
    return not tenant.is_installed and not _is_lifecycle(claim, TRANSITIONS | ENDS)


def _reset_of(error: Exception) -> float | None:
    """Return when a host takes calls again that takes none now (Unix seconds); None for any other failure."""
    return error.reset if isinstance(error, HostError) else None

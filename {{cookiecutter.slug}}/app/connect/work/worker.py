"""The local engine: runs what is in the inbox, inside this process, at least once and never lost."""

import asyncio
import contextlib
import logging
import random
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.connect.context import Context
from app.connect.declare.router import Call
from app.connect.logging import bind, redact, request_id
from app.connect.serving.schedule import Scheduler
from app.connect.tenancy.lifecycle import CHECK_UNINSTALL, INSTALLED, PURGE, UNINSTALLED, purge_entry
from app.connect.tenancy.tables import Tenant, TenantRow, TenantState
from app.connect.tenancy.tenant import Identity, User, Verified
from app.connect.work.inbox import Claim, Envelope, Inbox, Kind

if TYPE_CHECKING:
    from app.connect.application import Connect

log = logging.getLogger(__name__)

CONCURRENCY = 8
LEASE = 30.0
"""Seconds after which another process takes over what a killed one was running."""
POLL = 1.0
HOUSEKEEPING = 600.0
HANDLER_LIMIT = 300.0
ATTEMPTS = 8
FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 3600.0
DRAIN = 10.0
SUSPENDED_DELAY = 60.0


class LeaseLost(Exception):
    """Another worker took the entry over; whatever this one did is undone."""


class Worker:
    """Claims due entries and runs their handlers; `wake` spares the wait for the next poll."""

    def __init__(self, connect: "Connect") -> None:
        self._connect = connect
        self.inbox = Inbox(connect.db, lease=LEASE)
        self._scheduler = Scheduler(connect)
        self._waking = asyncio.Event()
        self._running: dict[asyncio.Task[Any], Claim] = {}
        # Held from the claim until its task exists: whoever waits for what runs must not miss what is being claimed.
        self._claiming = asyncio.Lock()
        self._stopping = False

    def wake(self) -> None:
        """Look for due entries now."""
        self._waking.set()

    async def run(self) -> None:
        """Work until `stop`; errors of the database are logged and survived."""
        next_housekeeping = 0.0
        while not self._stopping:
            self._waking.clear()
            try:
                await self._scheduler.plan_due()
                if time.monotonic() > next_housekeeping:
                    next_housekeeping = time.monotonic() + HOUSEKEEPING
                    await self.inbox.forget_old()
                more = await self._start_due()
            except Exception:
                log.exception("The inbox cannot be read now; trying again.")
                more = False
            if more:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._waking.wait(), POLL)

    async def stop(self, *, patience: float = DRAIN) -> None:
        """Claim nothing more, let what runs end within `patience` seconds, give the rest back."""
        self._stopping = True
        self.wake()
        async with self._claiming:
            running = dict(self._running)
        if running:
            await asyncio.wait(running, timeout=patience)
        left = {task: claim for task, claim in running.items() if task.cancel()}
        await asyncio.gather(*left, return_exceptions=True)
        # Not left to the tasks: one that was cancelled before its first step never ran at all.
        given_back = (self.inbox.retry(claim, delay=0.0, error=None, counts=False) for claim in left.values())
        await asyncio.gather(*given_back, return_exceptions=True)

    async def drain(self) -> None:
        """Run everything that is due now, and what that makes due; for tests and `addon replay`."""
        await self._scheduler.plan_due()
        while await self._start_due() or self._running:
            if self._running:
                await asyncio.wait(self._running)

    async def _start_due(self) -> bool:
        free = CONCURRENCY - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED, timeout=POLL)
            return True
        async with self._claiming:
            claims = [] if self._stopping else await self.inbox.claim_due(free)
            for claim in claims:
                task = asyncio.create_task(self.process(claim))
                self._running[task] = claim
                task.add_done_callback(self._ended)
        return bool(claims)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.pop(task, None)
        self.wake()

    async def process(self, claim: Claim, *, inline: bool = False) -> Any:
        """Run one claimed entry to its end: done, given back for later, or dead.

        What an event handler returns is posted into the room, or with `inline` returned for the response.
        """
        request_id.set(f"inbox-{claim.id}")
        bind(claim.tenant_id)
        tenant = await self._tenant(claim)
        if tenant is None or tenant.generation != claim.generation or not _may_run(tenant, claim):
            await self.inbox.settle(claim)
            return None
        if tenant.state is TenantState.SUSPENDED:
            await self.inbox.retry(claim, delay=SUSPENDED_DELAY, error=None, counts=False)
            return None
        if claim.attempts > ATTEMPTS:
            await self._give_up(
                claim, tenant, "It was started too often without an end: the process may be killed by it."
            )
            return None
        beat = asyncio.create_task(self._keep_lease(claim))
        try:
            return await self._run(claim, tenant, inline=inline)
        except LeaseLost:
            log.warning("another worker took this over", extra={"entry": claim.id})
        except asyncio.CancelledError:
            await self.inbox.retry(claim, delay=0.0, error=None, counts=False)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its entry is kept
            await self._failed(claim, tenant, error)
        finally:
            beat.cancel()
        return None

    async def _run(self, claim: Claim, tenant: Tenant, *, inline: bool) -> Any:
        if claim.kind is Kind.LIFECYCLE and claim.name in {CHECK_UNINSTALL, PURGE}:
            await self._transition(claim, tenant)
            return None
        context = Context(self._connect, _verified(claim, tenant))
        try:
            async with asyncio.timeout(HANDLER_LIMIT):
                answer = await self._call_all(claim, context)
                if answer is not None and claim.kind is Kind.EVENT and not inline:
                    await context.room.notify(answer)
            if claim.kind is Kind.LIFECYCLE and claim.name == UNINSTALLED:
                context.db.add(purge_entry(tenant))
            # The entry ends in the handler's own transaction: its rows and the mark are kept together or not at all.
            if not await self.inbox.finish(claim, context.db):
                raise LeaseLost
            await context.commit()
        finally:
            await context.close()
        return answer

    async def _call_all(self, claim: Claim, context: Context) -> Any:
        addon = self._connect.addon
        payload = Envelope.load(claim.body).payload
        match claim.kind:
            case Kind.EVENT:
                handler = addon.events[claim.name]
                return await _call(handler.call, context, handler.takes, payload)
            case Kind.JOB:
                job = addon.jobs[claim.name]
                if job.adapter is None:
                    return await job.call(context)
                return await job.call(context, job.adapter.validate_python(payload))
            case Kind.SCHEDULE:
                return await addon.schedules[claim.name].call(context)
            case Kind.LIFECYCLE:
                for call in addon.installed if claim.name == INSTALLED else addon.uninstalled:
                    await call(context)
        return None

    async def _transition(self, claim: Claim, tenant: Tenant) -> None:
        lifecycle = self._connect.lifecycle
        if claim.name == PURGE:
            await lifecycle.purge(tenant)
        else:
            await lifecycle.check_uninstall(tenant, Envelope.load(claim.body).payload)
        await self.inbox.settle(claim)

    async def _failed(self, claim: Claim, tenant: Tenant, error: Exception) -> None:
        said = redact(f"{type(error).__name__}: {error}")
        if claim.attempts >= ATTEMPTS:
            await self._give_up(claim, tenant, said)
            return
        delay = min(FIRST_BACKOFF * 2 ** (claim.attempts - 1), LONGEST_BACKOFF) * random.uniform(0.5, 1.0)  # noqa: S311
        log.warning(
            "handler failed; it runs again",
            exc_info=error,
            extra={"handler": claim.name, "attempt": claim.attempts, "again_in": round(delay, 1)},
        )
        await self.inbox.retry(claim, delay=delay, error=said)

    async def _give_up(self, claim: Claim, tenant: Tenant, said: str) -> None:
        log.error(
            "handler failed for good; mend it, then run: addon replay %s",
            claim.id,
            extra={"handler": claim.name, "error": said},
        )
        if claim.kind is Kind.LIFECYCLE and claim.name == UNINSTALLED:
            # The tenant's wish that its data goes does not wait for our handler to be mended.
            await self._connect.accept(tenant, purge_entry(tenant))
        await self.inbox.bury(claim, said)

    async def _keep_lease(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            try:
                held = await self.inbox.extend(claim)
            except Exception:
                log.exception("The lease could not be extended; trying again.")
                continue
            if not held:
                return

    async def _tenant(self, claim: Claim) -> Tenant | None:
        async with self._connect.db.session() as session:
            row = (await session.scalars(select(TenantRow).where(TenantRow.id == claim.tenant_id))).one_or_none()
        return row.view() if row else None


def _may_run(tenant: Tenant, claim: Claim) -> bool:
    """Only installed tenants run handlers; an uninstalled one says goodbye and is purged."""
    if tenant.state is TenantState.UNINSTALLED:
        return claim.kind is Kind.LIFECYCLE and claim.name in {UNINSTALLED, PURGE}
    return True


def _verified(claim: Claim, tenant: Tenant) -> Verified:
    envelope = Envelope.load(claim.body)
    user = User(envelope.user_id, envelope.user_timezone) if envelope.user_id else None
    return Verified(tenant, Identity(user, envelope.room_id), {}, float("inf"))


async def _call(call: Call, context: Context, takes: Any, payload: Any) -> Any:
    if takes is None:
        return await call(context)
    return await call(context, takes.model_validate(payload))

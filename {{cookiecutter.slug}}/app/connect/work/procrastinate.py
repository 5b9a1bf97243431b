"""The engine on PostgreSQL: Procrastinate's worker runs the inbox, in as many processes as there are.

The row stays the truth. The database itself gives what is ready a job, in whatever transaction made it so, and takes
that away with what ended (revision 0002); here is what stands between Procrastinate and the inbox. Its pick of the next
job is ours: tenants take turns, shares and pauses hold. Its end of a job is nothing, since that is in the transaction
which ended the entry. Its heartbeats tell who was killed.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
from procrastinate.connector import BaseAsyncConnector
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker as ItsWorker
from psycopg.rows import dict_row

from app.connect.database.engine import Database
from app.connect.work.claims import Claim, take_back
from app.connect.work.inbox import Inbox
from app.connect.work.shares import PLACES
from app.connect.work.turns import BEAT, DROP_STRAY, IS_STALLED
from app.connect.work.worker import DRAIN, POLL, REST, Worker

log = logging.getLogger(__name__)

TASK = "inbox"
BEAT_EVERY = 5.0
SILENT = 20.0
"""Seconds after which a worker that is not heard of was killed; its leases would last for half a minute."""
SWEEP = 3.0
FORGET = 3600.0
"""Seconds until a worker that is not heard of is forgotten."""
STRAY_EVERY = 600.0
CLOSE = 5.0
"""Seconds for the engine to end in, besides those that handlers get."""
CROSSED = 0.02
"""Seconds until it is looked again for a tenant for whom another process was picking."""


class _Connector(BaseAsyncConnector):
    """Procrastinate's few statements of its own, on the connections aside."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        async with self._db.driver() as driver:
            await driver.execute(query, arguments)

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        async with self._db.driver() as driver:
            cursor = await driver.cursor(row_factory=dict_row).execute(query, arguments)
            found: list[dict[str, Any]] = await cursor.fetchall()
        return found

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        return (await self.execute_query_all_async(query, **arguments))[0]


class _Manager(JobManager):
    """What the engine asks of its jobs."""

    def __init__(self, db: Database, fetch: Callable[[int], Awaitable[Job | None]], end: Callable[[Job], None]) -> None:
        super().__init__(_Connector(db))
        self._db = db
        self._fetch = fetch
        self._end = end

    async def fetch_job(self, queues: Any, worker_id: int) -> Job | None:  # noqa: ARG002 - all of them
        return await self._fetch(worker_id)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002, FBT001
        """Say that it has ended; the transaction that ended its entry has deleted it."""
        self._end(job)

    async def update_heartbeat(self, worker_id: int) -> None:
        """Survive what the engine does not: it would never beat again, and be taken for killed while it works."""
        try:
            async with self._db.aside() as session:
                await session.execute(BEAT, {"worker_id": worker_id})
        except Exception:
            log.exception("Others cannot be told now that this process lives; trying again.")

    async def unregister_worker(self, worker_id: int) -> None:
        try:
            await super().unregister_worker(worker_id)
        except Exception:
            log.exception("The database cannot be told that this process ends; its heartbeat will be missed.")


class _Engine(ItsWorker):
    """Procrastinate's worker, which lets itself be woken, and puts no job into words for lines that nobody sees."""

    def __init__(self, app: procrastinate.App, *, waits: bool) -> None:
        super().__init__(
            app,
            concurrency=PLACES,
            wait=waits,
            fetch_job_polling_interval=POLL,
            abort_job_polling_interval=FORGET,
            listen_notify=False,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=BEAT_EVERY,
            stalled_worker_timeout=FORGET,
        )

    def wake(self) -> None:
        """Have it ask for a job: what it does when it is notified."""
        self._new_job_event.set()

    def end(self, *, patience: float) -> None:
        """Have it ask for no more, and cancel what runs for longer than `patience` seconds."""
        self.shutdown_graceful_timeout = patience
        self.stop()  # type: ignore[no-untyped-call]

    async def run(self) -> None:
        """Ask for jobs and run them, until `end`."""
        await super().run()  # type: ignore[no-untyped-call]

    def _log_extra(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


class ProcrastinateWorker(Worker):
    """The worker as `Worker` is one, but that Procrastinate takes entries up and keeps their number."""

    def __init__(self, inbox: Inbox, *, db: Database, **parts: Any) -> None:
        super().__init__(inbox, **parts)
        self._db = db
        self._app = procrastinate.App(connector=_Connector(db))
        self._app.job_manager = _Manager(db, self._fetch, self._end)
        self._app.task(name=TASK, pass_context=True)(self._run_job)
        self._engine: _Engine | None = None
        self._taking_up: asyncio.Task[None] | None = None
        self._taken: deque[Claim] = deque()
        """What was picked together; the engine asks for one after the other."""
        self._picked = 0
        self._has_rung = False
        self._nudging: asyncio.TimerHandle | None = None
        self._has_ended = asyncio.Event()
        self._stray_at = float("-inf")

    def is_claiming(self, within: float) -> bool:
        """Tell whether the inbox could be looked into within the last seconds, or no place was free to look for."""
        return self._shares.free <= 0 or super().is_claiming(within)

    async def stop(self, *, patience: float = DRAIN) -> None:
        """Claim nothing more, let what runs end within `patience` seconds, give the rest back."""
        self._stopping.set()
        if self._engine is not None:
            self._engine.end(patience=patience)
        if self._taking_up is not None:
            await asyncio.wait([self._taking_up], timeout=patience + CLOSE)
        await self._give_all_back(self._running.values())

    async def drain(self) -> None:
        """Run everything that is due now, and what that makes due; for tests."""
        await self._plan()
        while True:
            picked, self._woke_at = self._picked, float("-inf")
            self._has_ended.clear()
            await _Engine(self._app, waits=False).run()
            # What ended meanwhile, here or in the engine beside, may have left more behind it.
            if self._picked == picked and not self._has_ended.is_set():
                if not self._running:
                    return
                await self._has_ended.wait()

    async def _take_up(self) -> None:
        self._taking_up = asyncio.create_task(self._run_engine())
        passing = asyncio.create_task(self._pass_on())
        await asyncio.wait([self._taking_up])
        passing.cancel()

    async def _run_engine(self) -> None:
        while not self._stopping.is_set():
            self._engine = _Engine(self._app, waits=True)
            try:
                await self._engine.run()
            except Exception:
                log.exception("The engine ended; starting it again.")
            await self._pause(POLL)

    async def _pass_on(self) -> None:
        """Wake the engine when the bell rings."""
        while True:
            if await self._inbox.wait(POLL):
                self._nudge()

    def _nudge(self) -> None:
        self._nudging = None
        self._has_rung = True
        if self._engine is not None:
            self._engine.wake()

    async def _fetch(self, worker_id: int) -> Job | None:
        async with self._claiming:
            if not self._taken and not self._stopping.is_set():
                try:
                    await self._pick(worker_id)
                except Exception:
                    log.exception("The inbox cannot be read now; trying again.")
        if not self._taken:
            return None
        claim = self._taken.popleft()
        return Job(
            id=claim.id,
            queue=claim.owner.tenant_id,
            lock=None,
            queueing_lock=None,
            task_name=TASK,
            task_kwargs={"lease_id": claim.lease_id},
            worker_id=worker_id,
        )

    async def _pick(self, worker_id: int) -> None:
        await self._wake()
        picker = self._inbox.picker
        while (free := self._shares.free) > 0:
            self._has_rung = False
            claims = await picker.pick(free, self._shares, worker_id)
            self._running |= {(claim.id, claim.lease_id): claim for claim in claims}
            self._taken += claims
            self._picked += len(claims)
            self._looked_at = time.monotonic()
            if picker.was_crossed:
                asyncio.get_running_loop().call_later(CROSSED, self._inbox.ring)
            # The engine forgets what it was woken for while it was asking.
            if claims or not self._has_rung:
                return

    async def _run_job(self, context: JobContext, *, lease_id: str) -> None:
        await self._hold(self._running[context.job.id, lease_id])

    def _end(self, job: Job) -> None:
        # An entry that was lost may run here again before it has ended here: the lease tells one from the other.
        self._shares.end(self._running.pop((job.id, job.task_kwargs["lease_id"])))
        self._has_ended.set()
        # What ends within a moment is followed up together: two workers that pick after each end hinder each other.
        if self._inbox.picker.has_left and self._nudging is None:
            self._nudging = asyncio.get_running_loop().call_later(REST, self._nudge)

    def _beside(self) -> list[Any]:
        return [*super()._beside(), self._again(self._sweep, SWEEP, "What killed processes left cannot be found now")]

    async def _sweep(self) -> None:
        """Take over what killed processes were running, and throw away jobs that are nobody's."""
        async with self._db.session() as session:
            found = await session.execute(take_back(IS_STALLED), {"silent": SILENT})
            if time.monotonic() - self._stray_at > STRAY_EVERY:
                await session.execute(DROP_STRAY)
                self._stray_at = time.monotonic()
        if found.rowcount:  # type: ignore[attr-defined]
            self._inbox.ring()

"""A claim looks into indexes, never through what waits; and no fault of a clock or the database holds an entry up."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text, update
from sqlalchemy.exc import OperationalError

from app.connect import Context
from app.connect.database.engine import Database
from app.connect.work.pauses import Pauses
from app.connect.work.rows import InboxRow, Status
from app.connect.work.shares import Shares
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.acts import fail
from tests.connect.work.crowd import add_entries, add_tenants

FEW = 60
"""Rows that one statement may visit, however many there are."""


@contextmanager
def noting(db: Database) -> Iterator[list[tuple[str, Any]]]:
    """Note the statements that reach the database, and their parameters."""
    noted: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        noted.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)


def plans_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from plans_of(inner)


async def visited(db: Database, statement: str, parameters: Any) -> list[str]:
    """Return what is wrong with how a statement finds its rows: it reads a table, or more of an index than it needs."""
    async with db.engine.connect() as connection:
        if db.is_sqlite:
            steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            said = [str(step[3]) for step in map(tuple, steps)]
            return [one for one in said if one.startswith("SCAN inbox") or "ix_inbox_installation" in one]
        await connection.execute(text("SET enable_seqscan = off"))
        [[plan]] = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)).all()
        await connection.rollback()
    found = json.loads(plan) if isinstance(plan, str) else plan
    return [
        f"{one['Node Type']}: {one}"
        for one in plans_of(found[0]["Plan"])
        if one["Actual Rows"] * one["Actual Loops"] + one.get("Rows Removed by Filter", 0) > FEW
    ]


class TestClaim:
    async def test_reads_none_of_the_backlog(self, probed: ProbedAddon) -> None:
        db, inbox = probed.parts.database, probed.parts.inbox
        owners = await add_tenants(probed, 50)
        await add_entries(probed, owners[:1], 8_000)
        await add_entries(probed, owners[1:], 40)
        # As many that ran, and as many that wait for tomorrow.
        await add_entries(probed, owners, 60)
        await probed.change(
            update(InboxRow)
            .where(InboxRow.id % 3 == 0)
            .values(status=Status.DONE, lane=None, body="", finished_at=time.time())
        )
        later = {"lane": None, "due_at": time.time() + 9e4, "pushed_at": time.time()}
        await probed.change(update(InboxRow).where(InboxRow.id % 3 == 1).values(**later))
        async with db.session() as session:
            await session.execute(text("ANALYZE"))
        with noting(db) as noted:
            await inbox.wake()
            shares = Shares(Pauses(time.time))
            claims = await inbox.claim_due(shares.free, shares=shares)
        assert claims
        looks = [one for one in noted if "inbox" in one[0]]
        assert len(looks) <= 3 + 3 * len(claims)
        for statement, parameters in looks:
            assert await visited(db, statement, parameters) == [], statement

    async def test_takes_no_longer_the_more_there_is(self, probed: ProbedAddon) -> None:
        """Measured, because a plan can look well and read everything: 757 ms a claim once.

        There is 20 times as much in the end. It takes twice as long where a server has not counted its rows yet, and
        more while it does that beside; to read everything takes 20 times as long and more.
        """
        inbox = probed.parts.inbox
        owners = await add_tenants(probed, 20)
        await add_entries(probed, owners, 50)

        async def quickest() -> float:
            took = []
            for _ in range(15):
                began = time.perf_counter()
                assert await inbox.claim_due(1)
                took.append(time.perf_counter() - began)
            return min(took)

        few = await quickest()
        await add_entries(probed, owners, 1_000)
        assert await quickest() < 8 * few


class TestClockSetBack:
    async def test_does_not_hold_up_what_is_tried_again(self, probed: ProbedAddon) -> None:
        await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        del probed.probe.acts["message"]
        probed.clock.ahead = -3600
        await probed.settle()
        assert probed.probe.texts == ["/probe", "/probe"]

    async def test_does_not_hold_up_what_is_accepted(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say()
        probed.clock.ahead = -3600
        await probed.settle()
        assert probed.probe.texts == ["/probe"]

    async def test_does_not_bring_forward_what_is_for_later(self, probed: ProbedAddon) -> None:
        async def enqueue(ctx: Context) -> None:
            await ctx.enqueue("probe-job", "tomorrow", delay=3600)

        await probed.install()
        probed.probe.acts["message"] = enqueue
        await probed.say()
        await probed.settle()
        probed.clock.ahead = -3600
        await probed.settle()
        assert "tomorrow" not in probed.probe.texts


class TestClockSetForward:
    async def test_does_not_start_again_what_runs_here(self, probed: ProbedAddon) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Context) -> None:
            running.set()
            await go_on.wait()

        await probed.install()
        probed.probe.acts["message"] = wait
        await probed.say()
        worker = probed.parts.worker
        working = asyncio.create_task(worker.run())
        await running.wait()
        probed.clock.ahead = 3600
        [owner] = await add_tenants(probed, 1)
        await add_entries(probed, [owner], 1)
        probed.parts.inbox.ring()

        async def other_ran() -> bool:
            return "job" in probed.probe.names

        await until(other_ran)
        go_on.set()
        await worker.stop()
        await working
        assert probed.probe.names.count("message") == 1


class TestFaultOfTheDatabase:
    async def test_inside_a_run_gives_the_entry_back_at_once(self, probed: ProbedAddon, start: Start) -> None:
        await probed.install()
        await probed.say()
        engine = probed.parts.database.engine.sync_engine
        faults: list[str] = []

        def break_off(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            # The end of the entry, and the first two tries to give it back.
            if len(faults) < 3 and statement.startswith("UPDATE inbox") and "lease_until=" in statement:
                faults.append(statement)
                raise OperationalError(statement, {}, ConnectionError("the server closed the connection"))

        event.listen(engine, "before_cursor_execute", break_off)
        try:
            await probed.parts.worker.drain()
        finally:
            event.remove(engine, "before_cursor_execute", break_off)
        assert len(faults) == 3
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts, entry.lease_id) == (Status.NEW, 0, None)
        assert entry.due_at <= time.time() + 2
        other = start()
        await other.pass_time(seconds=2)
        assert probed.probe.texts == other.probe.texts == ["/probe"]

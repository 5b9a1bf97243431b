"""Covers what is done together: accepts that come at the same time, and entries that end at the same time."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.connect import Context
from app.connect.database.store import StoreItem
from app.connect.tenancy.entries import owner_of
from app.connect.work.rows import Envelope, InboxRow, Kind, Owner, Status, new_row
from app.connect.work.together import Together
from tests.connect.probe import ProbedAddon


@pytest.fixture
def commits(probed: ProbedAddon) -> Iterator[list[str]]:
    """One for each transaction that was committed."""
    seen: list[str] = []

    def note(_: object) -> None:
        seen.append("commit")

    engine = probed.parts.database.engine.sync_engine
    event.listen(engine, "commit", note)
    yield seen
    event.remove(engine, "commit", note)


async def owner(probed: ProbedAddon) -> Owner:
    owned = owner_of(await probed.tenant(await probed.install()))
    await probed.settle()
    return owned


def entry(whose: Owner, name: str) -> InboxRow:
    return new_row(Kind.JOB, "probe-job", whose, envelope=Envelope(name), delivery_id=name)


class TestAccepting:
    async def test_shares_a_commit_among_those_that_come_together(
        self, probed: ProbedAddon, commits: list[str]
    ) -> None:
        whose = await owner(probed)
        commits.clear()
        ids = await asyncio.gather(*(probed.parts.inbox.accept(entry(whose, str(number))) for number in range(20)))
        assert len(set(ids)) == 20
        assert None not in ids
        assert len(commits) == 1

    async def test_knows_repeats_among_them_and_from_before(self, probed: ProbedAddon) -> None:
        whose = await owner(probed)
        inbox = probed.parts.inbox
        assert await inbox.accept(entry(whose, "before")) is not None
        ids = await asyncio.gather(*(inbox.accept(entry(whose, name)) for name in ("new", "before", "new", "other")))
        assert [one is None for one in ids] == [False, True, True, False]

    async def test_fails_for_one_that_has_no_installation_any_more_and_for_no_other(self, probed: ProbedAddon) -> None:
        whose = await owner(probed)
        gone = replace(whose, installation_id="0" * 32)
        rows = [entry(whose, "one"), entry(gone, "two"), entry(whose, "three")]
        came = await asyncio.gather(*(probed.parts.inbox.accept(row) for row in rows), return_exceptions=True)
        assert [type(one) for one in came] == [int, IntegrityError, int]


class TestEnding:
    async def test_shares_a_commit_and_ends_what_is_held_alone(self, probed: ProbedAddon, commits: list[str]) -> None:
        whose = await owner(probed)
        inbox = probed.parts.inbox
        for name in ("one", "two", "three"):
            await inbox.accept(entry(whose, name))
        claims = await inbox.claim_due(3)
        lost = replace(claims[0], lease_id="of another worker")
        commits.clear()
        assert await asyncio.gather(*map(inbox.settle, [lost, *claims[1:]])) == [False, True, True]
        assert len(commits) == 1
        statuses = [one.status for one in await probed.entries("probe-job")]
        assert statuses == [Status.RUNNING, Status.DONE, Status.DONE]

    async def test_waits_with_no_connection_for_a_handler_that_only_read(self, probed: ProbedAddon) -> None:
        whose = await owner(probed)
        engine = probed.parts.database.engine.sync_engine
        sessions: list[AsyncSession] = []
        held: list[bool] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith("UPDATE inbox") and "finished_at" in statement:
                held.extend(session.in_transaction() for session in sessions)

        async def read(ctx: Context) -> None:
            assert list(await ctx.db.scalars(select(StoreItem))) == []
            sessions.append(ctx.db)
            assert ctx.db.in_transaction()

        probed.probe.acts["job"] = read
        await probed.parts.inbox.accept(entry(whose, "one"))
        event.listen(engine, "before_cursor_execute", note)
        await probed.settle()
        event.remove(engine, "before_cursor_execute", note)
        assert held == [False]


class TestTogether:
    async def test_lets_nobody_wait_for_others_and_takes_all_who_came_meanwhile(self) -> None:
        done: list[list[int]] = []

        async def act(numbers: Sequence[int]) -> list[int]:
            done.append(list(numbers))
            await asyncio.sleep(0.01)
            return [-number for number in numbers]

        together = Together(act)
        first = asyncio.create_task(together.do(1))
        await asyncio.sleep(0.005)
        assert await asyncio.gather(*map(together.do, (2, 3))) == [-2, -3]
        assert await first == -1
        assert done == [[1], [2, 3]]

    async def test_goes_on_for_others_when_one_is_cancelled(self) -> None:
        begun = asyncio.Event()

        async def act(numbers: Sequence[int]) -> Sequence[int]:
            begun.set()
            await asyncio.sleep(0.01)
            return numbers

        together = Together(act)
        impatient, patient = (asyncio.create_task(together.do(number)) for number in (1, 2))
        await begun.wait()
        impatient.cancel()
        assert await patient == 2

    async def test_fails_all_when_it_is_no_fault_of_one(self) -> None:
        calls = 0

        async def act(_: Sequence[int]) -> Sequence[int]:
            nonlocal calls
            calls += 1
            raise ConnectionError("the server is away")

        together = Together(act)
        came = await asyncio.gather(*map(together.do, range(5)), return_exceptions=True)
        assert [type(one) for one in came] == [ConnectionError] * 5
        assert calls == 1

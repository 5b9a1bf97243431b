"""Housekeeping: small steps, and no repeat of a delivery runs again while its id is remembered."""

import os
import time
from typing import Any

from sqlalchemy import event, func, insert, select, text, update

from app.connect.work.digests import DAY, LENGTH, HandledRow
from app.connect.work.housekeeping import KEEP_IDS, LEAVE_AFTER, Housekeeper
from app.connect.work.rows import InboxRow, Status
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.work.crowd import add_entries, add_tenants


async def count(process: ProbedAddon, model: Any) -> int:
    async with process.parts.database.session() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


def housekeeper_of(process: ProbedAddon, **given: Any) -> Housekeeper:
    """Make one that has seen nothing yet."""
    return Housekeeper(process.parts.database, clock=process.clock, **given)


async def clear_away(process: ProbedAddon) -> None:
    """Let two rounds pass, of which one remembers and the next lets leave."""
    process.clock.ahead += LEAVE_AFTER + 1
    housekeeper = housekeeper_of(process)
    await housekeeper.run()
    await housekeeper.run()


class TestRepeatOfADelivery:
    async def test_does_not_run_again_after_its_row_has_left(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        await clear_away(probed)
        assert await probed.entries("hipchat.probe") == []
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert delivery.status == 204
        assert probed.probe.texts == ["/probe one"]

    async def test_is_known_at_each_moment_in_between(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        probed.clock.ahead += LEAVE_AFTER + 1
        housekeeper = housekeeper_of(probed)
        # After one round both know it: a look that began before the round finds the row, one after it the digest.
        await housekeeper.run()
        assert (len(await probed.entries("hipchat.probe")), await count(probed, HandledRow)) == (1, 2)
        await probed.devhost.host.redeliver(delivery.id)
        await housekeeper.run()
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert (await count(probed, InboxRow), probed.probe.texts) == (0, ["/probe one"])

    async def test_is_forgotten_after_a_week(self, probed: ProbedAddon) -> None:
        await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        await clear_away(probed)
        probed.clock.ahead += KEEP_IDS - 3600
        await housekeeper_of(probed).run()
        assert await count(probed, HandledRow) == 2
        # Days are counted whole: what ran at the end of one is forgotten with what ran at its beginning.
        probed.clock.ahead += DAY + 3600
        await housekeeper_of(probed).run()
        assert await count(probed, HandledRow) == 0
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert probed.probe.texts == ["/probe one", "/probe one"]

    async def test_of_what_waits_or_is_dead_stays_for_good(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say("/probe dead")
        await probed.say("/probe waiting")
        dead, _ = await probed.entries("hipchat.probe")
        await probed.change(update(InboxRow).where(InboxRow.id == dead.id).values(status=Status.DEAD, lane=None))
        probed.clock.ahead += 2 * KEEP_IDS
        await clear_away(probed)
        assert len(await probed.entries("hipchat.probe")) == 2

    async def test_leaves_nothing_behind_when_the_add_on_was_stopped_for_weeks(self, probed: ProbedAddon) -> None:
        await probed.install()
        await probed.say("/probe one")
        await probed.settle()
        probed.clock.ahead += 2 * KEEP_IDS
        await clear_away(probed)
        assert (await count(probed, InboxRow), await count(probed, HandledRow)) == (0, 0)


class TestSteps:
    async def test_change_few_rows_each_however_many_there_are(self, probed: ProbedAddon) -> None:
        owners = await add_tenants(probed, 10)
        await add_entries(probed, owners, 100)
        long_ago = time.time() - 2 * LEAVE_AFTER
        done = {"status": Status.DONE, "lane": None, "body": "", "finished_at": long_ago}
        await probed.change(update(InboxRow).values(**done))
        old = [{"digest": os.urandom(LENGTH), "day": 1} for _ in range(1_000)]
        async with probed.parts.database.session() as session:
            await session.execute(insert(HandledRow), old)
        changed: list[int] = []

        def note(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith(("DELETE", "INSERT")):
                changed.append(cursor.rowcount)

        engine = probed.parts.database.engine.sync_engine
        event.listen(engine, "after_cursor_execute", note)
        housekeeper = housekeeper_of(probed, step=100)
        await housekeeper.run()
        await housekeeper.run()
        event.remove(engine, "after_cursor_execute", note)
        assert max(changed) <= 100
        assert sum(changed) == 3_000
        assert (await count(probed, InboxRow), await count(probed, HandledRow)) == (0, 1_000)

    async def test_find_their_rows_by_an_index(self, probed: ProbedAddon) -> None:
        if not probed.parts.database.is_sqlite:
            # PostgreSQL chooses by the sizes of tables: there the same indexes are used once they are large.
            return
        statements: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            statements.append((statement, parameters))

        engine = probed.parts.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        await housekeeper_of(probed).run()
        event.remove(engine, "before_cursor_execute", note)
        async with probed.parts.database.engine.connect() as connection:
            for statement, parameters in statements:
                steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                assert [step for step in map(tuple, steps) if step[3].startswith("SCAN")] == [], statement


class TestWhatIsRemembered:
    async def test_of_a_week_of_fifty_events_a_second_fits_into_three_gigabytes(self, probed: ProbedAddon) -> None:
        db, rows = probed.parts.database, 60_000
        sizes = (
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if db.is_sqlite
            else "SELECT pg_total_relation_size('handled')"
        )

        async def size() -> int:
            async with db.session() as session:
                return int(await session.scalar(text(sizes)) or 0)

        before = await size()
        for start in range(0, rows, 5_000):
            some = [
                {"digest": os.urandom(LENGTH), "day": 20_000 + (start + number) // 9_000} for number in range(5_000)
            ]
            async with db.session() as session:
                await session.execute(insert(HandledRow), some)
        a_week = 50 * 7 * DAY
        assert (await size() - before) / rows * a_week < 3e9


class TestSlotOfASchedule:
    async def test_that_lasts_longer_than_ids_are_kept_runs_once_through_a_restart(
        self, probed: ProbedAddon, start: Start
    ) -> None:
        """The probe's slot began in 1970 and lasts for longer than ids are remembered."""
        await add_tenants(probed, 3)
        first = start()
        await first.settle()
        assert first.probe.names == ["tick"] * 3
        await clear_away(probed)
        assert (await count(probed, InboxRow), await count(probed, HandledRow)) == (0, 3)
        probed.clock.ahead += 2 * KEEP_IDS
        await housekeeper_of(probed).run()
        assert await count(probed, HandledRow) == 0
        restarted = start()
        await restarted.settle()
        assert restarted.probe.names == []

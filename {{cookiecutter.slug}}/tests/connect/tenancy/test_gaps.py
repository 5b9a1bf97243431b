"""A process that could not look for a while: it forgets who changed or was purged meanwhile, and nobody else."""

import asyncio
import time

import pytest
from sqlalchemy import delete, func, insert, select, update

from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import CHANGE_WINDOW, INSTALLATIONS, LONGEST_GAP, TenantDirectory
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.traces import KEPT, PurgedRow, erase_traces, leave_traces, trace_of
from tests.connect.probe import ProbedAddon
from tests.connect.rows import add_tenant
from tests.connect.waiting import until
from tests.support.running import KEY, Clock

HOUR = 3600.0


async def purge(db: Database, name: str) -> None:
    async with db.session() as session:
        await leave_traces(session, name)
        await session.execute(delete(TenantRow).where(TenantRow.id == name))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def directory(db: Database, clock: Clock) -> TenantDirectory:
    """Let a directory know `one`, `two` and `three` and everybody besides, and look no more."""
    async with db.session() as session:
        for name in ("one", "two", "three"):
            await add_tenant(session, name)
    directory = TenantDirectory(db, Vault([KEY]), clock=clock)
    running = asyncio.create_task(directory.run())

    async def knows_all() -> bool:
        return directory._has_all  # noqa: SLF001 - asking `find` would load them

    await until(knows_all)
    directory.stop()
    await running
    return directory


async def find(directory: TenantDirectory, name: str) -> Entry | None:
    return await directory.find("other", name)


async def sleep(directory: TenantDirectory, clock: Clock, seconds: float) -> None:
    """Let time pass without a look, as while a machine sleeps, and look."""
    clock.ahead += seconds
    await directory._look()  # noqa: SLF001 - `run` does so, and at its own time


class TestAfterAGap:
    async def test_forgets_who_was_purged_and_sees_who_changed_and_keeps_all_others(
        self, directory: TenantDirectory, db: Database, clock: Clock
    ) -> None:
        before = await find(directory, "three")
        await purge(db, "one")
        async with db.session() as session:
            changed = update(InstallationRow).where(InstallationRow.id == "two")
            await session.execute(changed.values(generation=2, changed_at=time.time()))
            await add_tenant(session, "four", changed_at=time.time())
        await sleep(directory, clock, HOUR)
        two, four = await find(directory, "two"), await find(directory, "four")
        assert await find(directory, "one") is None
        assert two is not None
        assert two.tenant.generation == 2
        assert four is not None
        assert before is not None
        assert directory.holds(before)

    async def test_does_not_begin_to_load_anew(self, directory: TenantDirectory, clock: Clock) -> None:
        await sleep(directory, clock, HOUR)
        await find(directory, "one")
        assert len(directory._entries) == 3  # noqa: SLF001
        assert directory._has_all  # noqa: SLF001

    async def test_is_not_undone_by_what_was_read_before(
        self, directory: TenantDirectory, db: Database, clock: Clock
    ) -> None:
        """The load may have read a row before it was purged, and come to it after the look."""
        asked = time.monotonic()
        before = await directory._read(INSTALLATIONS.where(InstallationRow.id == "one"))  # noqa: SLF001
        await purge(db, "one")
        await sleep(directory, clock, HOUR)
        await find(directory, "two")
        directory._keep(*before[0], asked=asked)  # noqa: SLF001
        assert await find(directory, "one") is None

    async def test_longer_than_traces_are_kept_believes_nothing(
        self, directory: TenantDirectory, db: Database, clock: Clock
    ) -> None:
        before = await find(directory, "two")
        async with db.session() as session:
            await session.execute(delete(TenantRow).where(TenantRow.id == "one"))
        await sleep(directory, clock, LONGEST_GAP + 60)
        assert await find(directory, "one") is None
        assert await find(directory, "two") is not None
        assert before is not None
        assert not directory.holds(before)

    async def test_a_purge_by_another_process_is_seen(self, probed: ProbedAddon) -> None:
        parts, clock = probed.parts, Clock()
        tenant = await probed.tenant(await probed.install())
        directory = TenantDirectory(parts.database, parts.vault, clock=clock)
        assert await directory.find("hipchat", tenant.client_key) is not None
        await parts.endings.uninstall(tenant)
        await probed.pass_time(minutes=1)
        await probed.pass_time(minutes=1)
        await sleep(directory, clock, HOUR)
        assert await directory.find("hipchat", tenant.client_key) is None
        async with parts.database.session() as session:
            assert list(await session.scalars(select(PurgedRow.digest))) == [trace_of(tenant.installation_id)]


class TestTraces:
    def test_outlast_the_longest_gap(self) -> None:
        assert LONGEST_GAP + CHANGE_WINDOW < KEPT

    async def test_are_erased_after_a_day(self, db: Database) -> None:
        ages = {"old": KEPT + 60, "young": KEPT - 60}
        async with db.session() as session:
            traces = [{"digest": name, "purged_at": time.time() - age} for name, age in ages.items()]
            await session.execute(insert(PurgedRow), traces)
        await erase_traces(db)
        async with db.session() as session:
            assert list(await session.scalars(select(PurgedRow.digest))) == ["young"]

    @pytest.mark.usefixtures("house_at_once")
    async def test_are_erased_by_the_worker(self, probed: ProbedAddon) -> None:
        db = probed.parts.database
        await probed.change(insert(PurgedRow).values(digest="old", purged_at=time.time() - KEPT - 60))

        async def is_erased() -> bool:
            async with db.session() as session:
                return await session.scalar(select(func.count()).select_from(PurgedRow)) == 0

        working = asyncio.create_task(probed.parts.worker.run())
        await until(is_erased)
        await probed.parts.worker.stop()
        await working

"""The directory: tenants are found without the database, and what other processes change is seen all the same."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, event, select, update

from app.connect.database.engine import Database
from app.connect.keys.sealing import Vault
from app.connect.tenancy.directory import (
    DISTRUST_AFTER,
    INSTALLATIONS,
    TenantDirectory,
    secret_owner,
)
from app.connect.tenancy.entries import PURGE_DELAY
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.misses import CAPACITY, PER_SECOND
from app.connect.tenancy.tables import InstallationRow, TenantRow
from app.connect.tenancy.tenant import TenantState
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.rows import add_tenant
from tests.connect.waiting import until
from tests.support.running import KEY


class Queries:
    """Counts what reaches the database."""

    def __init__(self, db: Database) -> None:
        self.count = 0
        event.listen(db.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


@pytest.fixture
async def directory(db: Database) -> TenantDirectory:
    """Make a directory beside tenants `one` and `two`."""
    vault = Vault([KEY])
    async with db.session() as session:
        for name in ("one", "two"):
            sealed = vault.seal(f"secret of {name}", owner=secret_owner(name))
            await add_tenant(session, name, host="hipchat", sealed_secret=sealed)
    return TenantDirectory(db, vault)


@pytest.fixture
async def following(directory: TenantDirectory) -> AsyncIterator[TenantDirectory]:
    """Let the same directory follow what others change."""
    running = asyncio.create_task(directory.run())
    yield directory
    directory.stop()
    await running


async def found(directory: TenantDirectory, name: str) -> Entry:
    entry = await directory.find("hipchat", name)
    assert entry is not None
    return entry


class TestFinding:
    async def test_gives_the_tenant_and_its_secret(self, directory: TenantDirectory) -> None:
        entry = await found(directory, "one")
        assert entry.tenant.id == "one"
        assert await directory.secret_of(entry.tenant) == "secret of one"

    async def test_asks_the_database_once(self, directory: TenantDirectory, db: Database) -> None:
        await found(directory, "one")
        queries = Queries(db)
        for _ in range(50):
            await found(directory, "one")
        assert queries.count == 0

    async def test_tells_hosts_apart(self, directory: TenantDirectory) -> None:
        assert await directory.find("another-host", "one") is None

    async def test_of_an_unknown_name_finds_nothing(self, directory: TenantDirectory) -> None:
        assert await directory.find("hipchat", "nobody") is None

    @pytest.mark.parametrize("name", ["", "nul\0", "\ud800", "é", "x" * 256, "with space", "line\nbreak"])
    async def test_of_what_cannot_be_a_name_asks_nobody(
        self, directory: TenantDirectory, db: Database, name: str
    ) -> None:
        await found(directory, "one")
        queries = Queries(db)
        assert await directory.find("hipchat", name) is None
        assert queries.count == 0

    async def test_of_one_unknown_name_again_and_again_asks_the_database_once(
        self, directory: TenantDirectory, db: Database
    ) -> None:
        await found(directory, "one")
        await directory.find("hipchat", "nobody")
        queries = Queries(db)
        for _ in range(50):
            await directory.find("hipchat", "nobody")
        # Time goes by while this runs, and a name may be asked for again after a second.
        assert queries.count < 25

    async def test_of_one_name_at_once_asks_once_and_answers_all(
        self, directory: TenantDirectory, db: Database
    ) -> None:
        await found(directory, "two")
        queries = Queries(db)
        entries = await asyncio.gather(*(directory.find("hipchat", "one") for _ in range(20)))
        assert {entry and entry.tenant.id for entry in entries} == {"one"}
        assert queries.count == 1


class TestStrangers:
    """Names made up by somebody who wants the database to be busy."""

    MANY = 1_000

    @pytest.fixture
    async def whole(self, directory: TenantDirectory) -> TenantDirectory:
        """Return the directory once it has everybody."""
        await found(directory, "one")
        await directory.load()
        return directory

    async def ask(self, directory: TenantDirectory) -> None:
        for number in range(self.MANY):
            assert await directory.find("hipchat", f"nobody-{number}") is None

    async def test_cost_a_bounded_number_of_queries(self, whole: TenantDirectory, db: Database) -> None:
        queries, started = Queries(db), time.monotonic()
        await self.ask(whole)
        spent = time.monotonic() - started
        # Looks at what others changed may be among them, of three queries at most.
        assert queries.count <= PER_SECOND * (1 + spent) + 3 * (1 + spent / DISTRUST_AFTER)
        assert queries.count < self.MANY

    async def test_leave_no_more_than_may_be_remembered(self, whole: TenantDirectory) -> None:
        await self.ask(whole)
        assert len(whole._misses) <= CAPACITY  # noqa: SLF001 - there is no other way to see it
        assert len(whole._entries) == 2  # noqa: SLF001

    async def test_do_not_hide_what_this_process_installs(self, whole: TenantDirectory, db: Database) -> None:
        await self.ask(whole)
        async with db.session() as session:
            await add_tenant(session, "three", host="hipchat")
            [row, owner] = (await session.execute(INSTALLATIONS.where(InstallationRow.id == "three"))).one()
            tenant = row.view(owner)
        whole.drop(tenant)
        await self.ask(whole)
        assert (await found(whole, "three")).tenant.id == "three"

    async def test_do_not_hide_for_long_what_another_process_installs(
        self, whole: TenantDirectory, db: Database
    ) -> None:
        running = asyncio.create_task(whole.run())
        async with db.session() as session:
            await add_tenant(session, "three", host="hipchat")

        async def is_seen() -> bool:
            await self.ask(whole)
            return await whole.find("hipchat", "three") is not None

        await until(is_seen)
        whole.stop()
        await running

    async def test_cannot_be_told_apart_from_tenants_before_everybody_is_here(self, directory: TenantDirectory) -> None:
        await self.ask(directory)
        assert await directory.find("hipchat", "one") is not None


class TestFollowing:
    async def test_sees_a_change_of_another_process(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        running = asyncio.create_task(other.parts.directory.run())
        installation = await probed.install()

        async def sees(state: TenantState, generation: int) -> bool:
            entry = await other.parts.directory.find("hipchat", installation.client_id)
            return entry is not None and (entry.tenant.state, entry.tenant.generation) == (state, generation)

        await until(lambda: sees(TenantState.INSTALLED, 1))
        await probed.reinstall(installation)
        await until(lambda: sees(TenantState.INSTALLED, 2))
        await probed.parts.endings.uninstall(await probed.tenant(installation))
        await until(lambda: sees(TenantState.UNINSTALLED, 2))
        other.parts.directory.stop()
        await running

    async def test_serves_a_new_secret_to_another_process_at_once(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await probed.install()
        await found(other.parts.directory, installation.client_id)
        installation.secret = "n" * 40
        await probed.reinstall(installation)
        url = probed.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
        token = url.partition("signed_request=")[2].partition("&")[0]
        answer = await other.http.post("/probe/signed", headers={"Authorization": f"JWT {token}"})
        assert answer.status_code == 204

    async def test_loads_every_tenant_ahead(self, following: TenantDirectory, db: Database) -> None:
        async def has_both() -> bool:
            return len(following._entries) == 2  # noqa: SLF001 - asking `find` would load them

        await until(has_both)

    async def test_ends_before_a_purge_could_go_unseen(self) -> None:
        assert DISTRUST_AFTER < PURGE_DELAY


class TestForgetting:
    async def test_a_tenant_reads_it_again(self, directory: TenantDirectory, db: Database) -> None:
        entry = await found(directory, "one")
        async with db.session() as session:
            await session.execute(update(InstallationRow).where(InstallationRow.id == "one").values(state="suspended"))
        directory.drop(entry.tenant)
        assert not directory.holds(entry)
        assert (await found(directory, "one")).tenant.state is TenantState.SUSPENDED

    async def test_a_tenant_is_not_undone_by_what_was_asked_before(
        self, directory: TenantDirectory, db: Database
    ) -> None:
        """A query of the directory may have read what this process changes in that moment."""
        one = await found(directory, "one")
        event.listen(db.engine.sync_engine, "after_cursor_execute", lambda *_: directory.drop(one.tenant), once=True)
        await directory.load()
        queries = Queries(db)
        await found(directory, "two")
        assert queries.count == 0
        await found(directory, "one")
        assert queries.count > 0

    async def test_a_tenant_that_is_gone_leaves_nothing(self, directory: TenantDirectory, db: Database) -> None:
        entry = await found(directory, "one")
        async with db.session() as session:
            await session.execute(delete(TenantRow).where(TenantRow.id == "one"))
            assert (await session.scalars(select(TenantRow.id))).all() == ["two"]
        directory.drop(entry.tenant)
        assert await directory.find("hipchat", "one") is None

"""A tenant that this process does not know yet: one read for all who wait, and no 401 for want of an answer."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from app.connect.database.engine import Database
from app.connect.tenancy import directory as directories
from app.connect.tenancy.tables import InstallationRow
from tests.connect.asking import header, signed
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until
from tests.connect.work.crowd import add_tenants


@contextmanager
def listening(db: Database, act: Any) -> Iterator[None]:
    """Have `act(statement, parameters)` called before each statement; what it raises is what the driver raised."""

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        act(statement, parameters)

    engines = {db.engine.sync_engine, db._aside.sync_engine}  # noqa: SLF001 - there is no other way to see it
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)


def away(statement: str, _: Any) -> None:
    raise OperationalError(statement, {}, ConnectionError("the server does not answer"))


class TestColdTenant:
    async def test_is_read_once_for_all_who_come_at_once(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        await probed.change(update(InstallationRow).values(changed_at=0.0))
        cold = start()
        reads: list[str] = []

        def note(statement: str, _: Any) -> None:
            if "client_key =" in statement:
                reads.append(statement)

        with listening(cold.parts.database, note):
            tokens = [signed(installation, jti=str(number)) for number in range(30)]
            answers = await asyncio.gather(
                *(cold.http.post("/probe/signed", headers=header(token)) for token in tokens)
            )
        assert [answer.status_code for answer in answers] == [204] * 30
        assert len(reads) == 1

    async def test_is_never_refused_because_the_database_is_away(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        await probed.change(update(InstallationRow).values(changed_at=0.0))
        cold = start()
        # It has looked for changes already, so that the tenant itself is what is asked for in vain.
        assert await cold.parts.directory.find("hipchat", "nobody") is None
        statuses = []
        with listening(cold.parts.database, away):
            for number in range(5):
                token = signed(installation, jti=str(number))
                statuses.append((await cold.http.post("/probe/signed", headers=header(token))).status_code)
        assert statuses == [503] * 5
        answer = await cold.http.post("/probe/signed", headers=header(signed(installation)))
        assert answer.status_code == 204

    async def test_is_found_again_at_once_after_it_had_to_leave(
        self, probed: ProbedAddon, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = await probed.install(room_id=1), await probed.install(room_id=2)
        monkeypatch.setattr(directories, "CAPACITY", 1)
        cold = start()
        statuses = []
        for installation in (first, second, first, second):
            token = signed(installation, context=...)
            statuses.append((await cold.http.post("/probe/signed", headers=header(token))).status_code)
        assert statuses == [204] * 4


class TestFollowing:
    async def test_reads_a_change_once_and_not_at_each_look(self, probed: ProbedAddon) -> None:
        await add_tenants(probed, 300)
        directory, db = probed.parts.directory, probed.parts.database
        running = asyncio.create_task(directory.run())

        async def follows() -> bool:
            return directory.is_following(60)

        await until(follows)
        async with db.session() as session:
            await session.execute(update(InstallationRow).values(changed_at=time.time()))
        read: list[int] = []

        def note(statement: str, parameters: Any) -> None:
            if "installations.id IN" in statement:
                read.append(len(parameters))

        with listening(db, note):
            await asyncio.sleep(4 * directories.FOLLOW_EVERY)
        directory.stop()
        await running
        assert sum(read) == 300
        assert max(read) <= directories.CHANGE_CHUNK

    async def test_is_not_undone_by_what_was_asked_for_before(self, probed: ProbedAddon, start: Start) -> None:
        """The load of all tenants may have read one before it changed and come to it after the change was seen."""
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        other = start().parts.directory
        entry = await other.find("hipchat", installation.client_id)
        assert entry is not None
        before = await other._read(  # noqa: SLF001
            directories.INSTALLATIONS.where(InstallationRow.id == tenant.installation_id)
        )
        asked = time.monotonic()
        assert await probed.reinstall(installation) == 204
        await asyncio.sleep(0)
        await other._follow()  # noqa: SLF001
        other._keep(*before[0], asked=asked)  # noqa: SLF001
        found = await other.find("hipchat", installation.client_id)
        assert found is not None
        assert found.tenant.generation == 2

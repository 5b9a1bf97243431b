"""A new secret, and the clock moved on: the one before verifies for five minutes, then it is gone (matrix 4)."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.conformance import Guest, Stage
from app.connect.hosts.protocol import ProofKind
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.tables import InstallationRow
from app.connect.work import worker
from tests.connect.waiting import until
from tests.hosts.atlassian.attacks import case_of, install_of, signed
from tests.hosts.atlassian_case import JiraCase

SECOND = "another-secret-of-the-site-0123456789"
Move = Callable[[float], None]


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> Move:
    """Move the clock of the whole process on, that of the site with it; house is kept at once."""
    real = time.time
    monkeypatch.setattr(worker, "SETTLING", (0.0, 0.0))

    def to(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)
        monkeypatch.setattr(stage.application.directory, "_clock", time.time)

    return to


async def rotated(stage: Stage) -> tuple[Guest, Guest]:
    """Install, and install again with another secret; return the guest with each."""
    guest, case = await stage.install(), case_of(stage)
    sent = install_of(case, guest, sharedSecret=SECOND)
    assert (await stage.send(signed(case, guest, sent, sub="rotated"))).status == 204
    await stage.settle()
    return guest, Guest(guest.client_key, SECOND)


async def stored(stage: Stage) -> list[str]:
    """Open every secret that the database holds."""
    vault = stage.application.vault
    async with stage.application.database.session() as session:
        rows = (await session.scalars(select(InstallationRow))).all()
    sealed = [(row.id, one) for row in rows for one in (row.sealed_secret, row.sealed_previous) if one is not None]
    return [vault.open(one, owner=secret_owner(owner)) for owner, one in sealed]


class TestSecretBefore:
    make_case = JiraCase

    async def test_verifies_frames_events_and_pauses_for_five_minutes_and_no_longer(
        self, stage: Stage, move: Move
    ) -> None:
        case = case_of(stage)
        before, after = await rotated(stage)
        for seconds, status in ((0, 200), (290, 200), (301, 401)):
            move(seconds)
            assert (await stage.enter(before)).status == status, seconds
            assert (await stage.enter(after)).status == 200
        event, resumed = case.event(before, 1), case.posted("enabled", case.site(before))
        for guest, status in ((before, 401), (after, 204)):
            assert (await stage.send(case.carry(event, case.sign(guest, event, ProofKind.EVENT)))).status == status
            token = case.sign(guest, resumed, ProofKind.LIFECYCLE)
            assert (await stage.send(case.carry(resumed, token))).status == status

    async def test_is_in_the_database_for_so_long_and_then_erased(self, stage: Stage, move: Move) -> None:
        before, after = await rotated(stage)
        assert sorted(await stored(stage)) == sorted([before.secret, after.secret])
        move(301)
        working = asyncio.create_task(stage.application.worker.run())

        async def is_erased() -> bool:
            return await stored(stage) == [after.secret]

        await until(is_erased)
        await stage.application.worker.stop()
        await working

    async def test_is_kept_by_the_worker_while_it_verifies(self, stage: Stage, move: Move) -> None:
        before, after = await rotated(stage)
        move(290)
        working = asyncio.create_task(stage.application.worker.run())
        await stage.settle()
        await stage.application.worker.stop()
        await working
        assert sorted(await stored(stage)) == sorted([before.secret, after.secret])

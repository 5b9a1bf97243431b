"""What was accepted survives a renewal of its installation; what ends without its handler is said and counted."""

import logging

import pytest
from sqlalchemy import func, select

from app.connect import Context
from app.connect.tenancy.entries import owner_of
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Envelope, InboxRow, Kind, Status, new_row
from tests.connect.probe import ProbedAddon
from tests.connect.work.acts import fail

SAID = "accepted, and ended without its handler: "


def endings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return why entries ended, as the log says it."""
    return [record.getMessage().removeprefix(SAID) for record in caplog.records if record.getMessage().startswith(SAID)]


class TestRenewal:
    async def test_runs_what_was_accepted_before_for_the_new_generation(self, probed: ProbedAddon) -> None:
        generations: list[int] = []

        async def note(ctx: Context) -> None:
            generations.append(ctx.tenant.generation)

        installation = await probed.install()
        probed.probe.acts["message"] = note
        for number in range(10):
            await probed.say(f"/probe {number}")
        assert await probed.reinstall(installation) == 204
        await probed.settle()
        assert sorted(probed.probe.texts) == [f"/probe {number}" for number in range(10)]
        assert generations == [2] * 10

    async def test_runs_what_was_put_off_before(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        probed.probe.acts["message"] = fail
        await probed.say()
        await probed.settle()
        del probed.probe.acts["message"]
        assert await probed.reinstall(installation) == 204
        await probed.pass_time(minutes=1)
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, probed.probe.texts) == (Status.DONE, ["/probe", "/probe"])

    async def test_knows_a_delivery_again_that_ran_before_it(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        delivery = await probed.say("/probe one")
        await probed.settle()
        assert await probed.reinstall(installation) == 204
        await probed.devhost.host.redeliver(delivery.id)
        await probed.settle()
        assert probed.probe.texts == ["/probe one"]

    async def test_tells_the_add_on_once_and_says_so(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        installation = await probed.devhost.host.install("http://127.0.0.1:8000/hipchat/capabilities.json", room_id=1)
        assert await probed.reinstall(installation) == 204
        await probed.settle()
        assert probed.probe.names == ["installed"]
        assert endings_in(caplog) == ["its tenant was installed anew, which is told once"]


class TestUninstall:
    async def test_ends_what_waits_and_says_so(self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.set_state(installation, TenantState.UNINSTALLED)
        await probed.settle()
        assert "message" not in probed.probe.names
        assert endings_in(caplog) == ["its tenant was uninstalled"]
        assert probed.parts.inbox.ended["its tenant was uninstalled"] == 1

    async def test_ends_what_waits_although_the_tenant_comes_back(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        installation = await probed.install()
        for number in range(3):
            await probed.say(f"/probe {number}")
        await probed.set_state(installation, TenantState.UNINSTALLED)
        assert await probed.reinstall(installation) == 204
        await probed.settle()
        assert probed.probe.names == ["installed", "installed"]
        assert endings_in(caplog) == ["its tenant was uninstalled"]
        assert probed.parts.inbox.ended["its tenant was uninstalled"] == 3

    async def test_counts_what_the_purge_takes_along(
        self, probed: ProbedAddon, caplog: pytest.LogCaptureFixture
    ) -> None:
        tenant = await probed.tenant(await probed.install())
        late = new_row(Kind.JOB, "probe-job", owner_of(tenant), envelope=Envelope("late"), due_at=probed.clock() + 9e5)
        await probed.parts.inbox.accept(late)
        with caplog.at_level(logging.WARNING):
            await probed.parts.endings.uninstall(tenant)
            await probed.pass_time(minutes=1)
            await probed.pass_time(minutes=1)
        async with probed.parts.database.session() as session:
            assert await session.scalar(select(func.count()).select_from(InboxRow)) == 0
        assert endings_in(caplog) == ["its tenant was purged"]
        assert probed.parts.inbox.ended["its tenant was purged"] == 1

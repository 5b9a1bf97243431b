"""A host that refuses a tenant may be wrong: it is asked again for over an hour, and nothing is lost meanwhile."""

from collections.abc import Sequence

import pytest

from app.connect import Context
from app.connect.hosts.hipchat import HipChatContext
from app.connect.tenancy.entries import CHECK_DOUBT, DOUBTS, UNINSTALLED
from app.connect.tenancy.tenant import NOBODY, Resumed, Suspended, TenantState, Uninstalled
from app.connect.work.rows import Status
from devhost.world.installations import Installation
from tests.connect.conftest import Start
from tests.connect.contents import every_row, fill, rows_of
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import signed

TOKENS = "/v2/oauth/token"
HOUR = 3600.0


async def call_the_host(ctx: Context) -> None:
    """Need an access token, as a handler that answers in the chat does."""
    assert isinstance(ctx, HipChatContext)
    await ctx.room.notify("heard")


async def doubted(probed: ProbedAddon) -> Installation:
    """Install a tenant whose host then refuses everybody, and let a handler find that out."""
    installation = await probed.install()
    probed.devhost.host.faults.error(401, path=TOKENS)
    probed.probe.acts["message"] = call_the_host
    assert (await probed.say("/probe first")).status == 204
    await probed.settle()
    assert (await probed.tenant(installation)).is_in_doubt
    return installation


async def outlast(probed: ProbedAddon, waits: Sequence[float] = DOUBTS) -> None:
    """Let the questions be asked one after the other."""
    for seconds in waits:
        await probed.pass_time(seconds=seconds)


class TestHostThatRefusesEverybody:
    async def test_for_an_hour_loses_no_tenant_and_no_event(self, probed: ProbedAddon) -> None:
        probed.probe.acts["message"] = call_the_host
        tenants = [await probed.install(room_id=room) for room in (1, 2, None)]
        rows = {one.client_id: await probed.tenant(one) for one in tenants}
        for tenant in rows.values():
            async with probed.parts.contexts.open(tenant, NOBODY) as context:
                await context.store.set("kept", tenant.id)
        probed.devhost.host.faults.error(401, path=TOKENS)
        said = [f"/probe {minute}" for minute in range(0, 60, 5)]
        for text in said:
            deliveries = await probed.devhost.host.say(1, text)
            assert {one.status for one in deliveries} == {204}
            for client_id in rows:
                # Strangers who make it worse change nothing.
                await probed.devhost.host.forge_uninstall(client_id)
            await probed.pass_time(minutes=5)
        states = [await probed.tenant(one) for one in tenants]
        assert [one.is_in_doubt for one in states] == [True] * 3
        probed.devhost.host.faults.clear()
        await probed.pass_time(hours=1, minutes=1)
        for one in tenants:
            tenant = await probed.tenant(one)
            before = rows[one.client_id]
            assert (tenant.id, tenant.state, tenant.generation) == (before.id, TenantState.INSTALLED, before.generation)
            assert tenant.doubted_at is None
            # The one that found the refusal ran before and runs again: at least once.
            heard = {run.payload for run in probed.probe.runs if run.tenant_id == tenant.id and run.payload}
            assert heard == (set(said) if one.room_id in (1, None) else set())
            async with probed.parts.contexts.open(tenant, NOBODY) as context:
                assert await context.store.get("kept") == tenant.id
        assert "uninstalled" not in probed.probe.names
        assert {row.status for row in await probed.entries("hipchat.probe")} == {Status.DONE}

    async def test_is_asked_after_15_seconds_1_minute_5_minutes_and_1_hour(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        assert list(DOUBTS) == [15.0, 60.0, 300.0, 3600.0]
        for number, seconds in enumerate(DOUBTS):
            asked = self.questions(probed)
            await probed.pass_time(seconds=seconds - 5)
            assert self.questions(probed) == asked, number
            assert (await probed.tenant(installation)).is_in_doubt
            await probed.pass_time(seconds=5)
            assert self.questions(probed) == asked + 1, number
        ended = await probed.tenant(installation)
        assert ended.state is TenantState.UNINSTALLED

    def questions(self, probed: ProbedAddon) -> int:
        return sum(one.path.endswith(TOKENS) for one in probed.devhost.host.wire)

    @pytest.mark.parametrize("refusals", range(len(DOUBTS)))
    async def test_is_believed_at_the_first_good_answer(self, probed: ProbedAddon, refusals: int) -> None:
        installation = await doubted(probed)
        await outlast(probed, DOUBTS[:refusals])
        assert (await probed.tenant(installation)).is_in_doubt
        probed.devhost.host.faults.clear()
        await probed.pass_time(seconds=DOUBTS[refusals])
        assert (await probed.tenant(installation)).is_installed
        assert probed.devhost.said(1)[-1] == "heard"

    async def test_that_cannot_be_reached_is_no_refusal(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        probed.devhost.host.faults.clear()
        probed.devhost.host.faults.error(503)
        for _ in range(50):
            await probed.pass_time(minutes=10)
        assert (await probed.tenant(installation)).is_in_doubt
        probed.devhost.host.faults.clear()
        await probed.pass_time(minutes=2)
        assert (await probed.tenant(installation)).is_installed

    async def test_once_more_after_it_was_well_begins_anew(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        await outlast(probed, DOUBTS[:3])
        probed.devhost.host.faults.clear()
        await probed.pass_time(seconds=DOUBTS[3])
        probed.devhost.host.revoke_tokens(installation.client_id)
        probed.devhost.host.faults.error(401, path=TOKENS)
        await probed.say("/probe second")
        await probed.settle()
        assert (await probed.tenant(installation)).is_in_doubt
        await outlast(probed, DOUBTS[:3])
        assert (await probed.tenant(installation)).is_in_doubt

    async def test_questions_of_an_earlier_time_change_nothing(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        await outlast(probed, DOUBTS[:3])
        await probed.parts.lifecycle.apply("hipchat", Resumed(installation.client_id))
        tenant = await probed.tenant(installation)
        assert tenant.is_installed
        probed.clock.ahead += DOUBTS[3]
        await probed.parts.doubts.begin(tenant)
        await probed.settle()
        assert (await probed.tenant(installation)).is_in_doubt
        await outlast(probed, DOUBTS[:3])
        assert (await probed.tenant(installation)).is_in_doubt

    async def test_found_out_by_two_processes_at_once_is_one_doubt(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await probed.parts.doubts.begin(tenant)
        await start().parts.doubts.begin(tenant)
        assert len(await probed.entries(CHECK_DOUBT)) == 1


class TestTenantInDoubt:
    async def test_is_served_nothing_but_its_deliveries_are_kept(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        tenant = await probed.tenant(installation)
        ran = len(probed.probe.runs)
        by_host = await signed(probed, installation)
        assert (await probed.http.post("/probe/signed", headers=by_host)).status_code == 401
        page = await probed.devhost.host.open(installation.client_id, "configurable", room_id=1, user="Admin")
        assert page.status_code == 401
        assert (await probed.say("/probe kept")).status == 204
        assert (await probed.say("/inline-probe kept")).status == 204
        await probed.settle()
        assert len(probed.probe.runs) == ran
        assert {(one.status, one.attempts) for one in await probed.entries("hipchat.probe-inline")} == {(Status.NEW, 0)}
        probed.devhost.host.faults.clear()
        await probed.pass_time(seconds=DOUBTS[0])
        assert (await probed.tenant(installation)).id == tenant.id
        assert {"/probe kept", "/inline-probe kept"} <= set(probed.probe.texts)
        assert "The probe answers." in probed.devhost.said(1)

    async def test_refuses_its_api_tokens(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        bearer = {"Authorization": f"Bearer {await probed.parts.serving.api_tokens.create(tenant, NOBODY)}"}
        await probed.parts.doubts.begin(tenant)
        assert (await probed.http.post("/probe/api", headers=bearer)).status_code == 401
        await probed.pass_time(seconds=DOUBTS[0])
        assert (await probed.http.post("/probe/api", headers=bearer)).status_code == 204

    async def test_takes_no_forged_delivery(self, probed: ProbedAddon) -> None:
        await doubted(probed)
        before = len(await probed.entries("hipchat.probe"))
        probed.devhost.host.faults.forge("wrong_key")
        assert (await probed.say("/probe forged")).status == 401
        assert len(await probed.entries("hipchat.probe")) == before

    async def test_is_installed_again_by_an_install(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        probed.devhost.host.faults.clear()
        assert await probed.reinstall(installation) == 204
        tenant = await probed.tenant(installation)
        assert (tenant.state, tenant.generation, tenant.doubted_at) == (TenantState.INSTALLED, 2, None)
        await outlast(probed)
        assert (await probed.tenant(installation)).is_installed

    async def test_that_the_host_pauses_is_the_hosts_to_resume(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        probed.devhost.host.faults.clear()
        await outlast(probed)
        tenant = await probed.tenant(installation)
        assert (tenant.state, tenant.doubted_at) == (TenantState.SUSPENDED, None)
        assert (await probed.say()).status == 401
        await probed.parts.lifecycle.apply("hipchat", Resumed(installation.client_id))
        assert (await probed.tenant(installation)).is_installed


class TestAnonymousDelete:
    async def test_switches_no_living_tenant_off(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        for _ in range(10):
            await probed.devhost.host.forge_uninstall(installation.client_id)
            assert (await probed.say()).status == 204
            await probed.pass_time(minutes=1)
            assert (await probed.tenant(installation)).is_installed
        assert probed.probe.names.count("message") == 10


class TestUnknownClient:
    async def test_is_uninstalled_at_the_last_refusal_and_purged_after_the_days(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await fill(probed, tenant, tenant.id)
        await probed.devhost.host.uninstall(installation.client_id)
        await probed.settle()
        await outlast(probed)
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED
        await probed.pass_time(hours=24 * 30 - 1)
        assert len((await rows_of(probed, tenant.id))["store_items"]) == 2
        assert "uninstalled" not in probed.probe.names
        await probed.pass_time(hours=1)
        await probed.pass_time(seconds=5)
        assert probed.probe.names[-1] == "uninstalled"
        assert await rows_of(probed, tenant.id) == {}
        assert installation.client_id not in repr(await every_row(probed))

    async def test_that_is_installed_again_within_the_days_keeps_its_data(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        tenant = await probed.tenant(installation)
        await outlast(probed)
        async with probed.parts.contexts.open(tenant, NOBODY) as context:
            await context.store.set("kept", "yes")
        probed.devhost.host.faults.clear()
        assert await probed.reinstall(installation) == 204
        await probed.pass_time(hours=24 * 40)
        again = await probed.tenant(installation)
        assert (again.id, again.generation, again.state) == (tenant.id, 2, TenantState.INSTALLED)
        async with probed.parts.contexts.open(again, NOBODY) as context:
            assert await context.store.get("kept") == "yes"
        assert "uninstalled" not in probed.probe.names

    async def test_that_proves_its_uninstall_meanwhile_is_purged_at_once(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        tenant = await probed.tenant(installation)
        await outlast(probed)
        await probed.parts.lifecycle.apply("hipchat", Uninstalled(installation.client_id))
        await probed.settle()
        await probed.pass_time(seconds=5)
        assert probed.probe.names.count("uninstalled") == 1
        assert await rows_of(probed, tenant.id) == {}


class TestRestoring:
    async def test_brings_back_all_there_was_and_what_waited(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        tenant = await probed.tenant(installation)
        await outlast(probed)
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED
        probed.devhost.host.faults.clear()
        [restored] = await probed.parts.endings.restore(tenant.id)
        assert (restored.id, restored.generation) == (tenant.id, tenant.generation)
        await probed.settle()
        assert probed.devhost.said(1)[-1] == "heard"
        assert (await probed.say("/probe again")).status == 204
        await probed.pass_time(hours=24 * 40)
        assert (await probed.tenant(installation)).is_installed
        assert await probed.entries(UNINSTALLED) == []

    async def test_does_not_bring_back_what_the_host_ended_or_pauses(self, probed: ProbedAddon) -> None:
        paused, ended = await probed.install(room_id=1), await probed.install(room_id=2)
        await probed.parts.lifecycle.apply("hipchat", Suspended(paused.client_id))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled(ended.client_id))
        for one in (paused, ended):
            before = await probed.tenant(one)
            assert await probed.parts.endings.restore(before.id) == []
            assert await probed.tenant(one) == before

    async def test_that_the_host_refuses_again_ends_again_and_is_purged(self, probed: ProbedAddon) -> None:
        installation = await doubted(probed)
        tenant = await probed.tenant(installation)
        for _ in range(2):
            await outlast(probed)
            assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED
            await probed.parts.endings.restore(tenant.id)
            await probed.settle()
            assert (await probed.tenant(installation)).is_in_doubt
        await outlast(probed)
        await probed.pass_time(hours=24 * 30)
        await probed.pass_time(seconds=5)
        assert await rows_of(probed, tenant.id) == {}

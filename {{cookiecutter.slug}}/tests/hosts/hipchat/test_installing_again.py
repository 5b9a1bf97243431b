"""Installing what is installed: its own host renews it, and nobody else takes it over, however they race."""

import asyncio

import pytest
from sqlalchemy import update

from app.connect import Context
from app.connect.hosts.hipchat.settings import HipChatDetails, HipChatSettings
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import TenantState
from devhost.testing import Devhost
from tests.connect.conftest import Start
from tests.connect.contents import every_row, rows_of, tenants
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import (
    CAPABILITIES,
    HOST,
    OtherHost,
    body_of_other_host,
    install_body,
    register,
    secret_of,
    signed,
)
from tests.support.running import ADDON

pytestmark = pytest.mark.both_databases


class TestInstallingAgain:
    async def test_raises_the_generation_of_the_same_tenant(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await probed.tenant(installation)
        assert await probed.reinstall(installation) == 204
        after = await probed.tenant(installation)
        assert (after.id, after.generation) == (before.id, before.generation + 1)
        assert len(await tenants(probed)) == 1

    async def test_runs_on_installed_again(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.reinstall(installation)
        await probed.settle()
        assert probed.probe.names == ["installed", "installed"]

    async def test_replaces_the_secret(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        old = installation.secret
        installation.secret = "n" * 40
        assert await probed.reinstall(installation) == 204
        assert (await probed.say()).status == 204
        assert await secret_of(probed, await probed.tenant(installation)) == "n" * 40
        await probed.change(update(InstallationRow).values(previous_until=0.0))
        probed.parts.forget(await probed.tenant(installation))
        assert (await probed.say()).status == 204
        installation.secret = old
        assert (await probed.say()).status == 401

    async def test_believes_the_secret_before_while_it_may_be_under_way(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        old = installation.secret
        installation.secret = "n" * 40
        assert await probed.reinstall(installation) == 204
        installation.secret = old
        assert (await probed.say()).status == 204

    async def test_keeps_what_the_tenant_had(self, probed: ProbedAddon) -> None:
        async def remember(ctx: Context) -> None:
            await ctx.store.set("kept", value=True)

        installation = await probed.install()
        probed.probe.acts["message"] = remember
        await probed.say()
        await probed.settle()
        before = (await rows_of(probed, (await probed.tenant(installation)).id))["store_items"]
        await probed.reinstall(installation)
        await probed.settle()
        assert (await rows_of(probed, (await probed.tenant(installation)).id))["store_items"] == before


class TestTakingOver:
    async def test_from_another_path_of_the_same_origin_is_a_conflict(self, start: Start, devhost: Devhost) -> None:
        """Users of a host may put files on its origin: one that names a token address of theirs is not the host's."""
        probed = start({"hipchat": HipChatSettings(capabilities_paths=("/v2/capabilities", "/files/capabilities"))})
        devhost.serve(ADDON, probed.app)
        installation = await probed.install()
        before = await every_row(probed)
        answer = await devhost.host.forge_install(
            installation.client_id, oauthSecret=installation.secret, capabilitiesUrl=f"{HOST}/files/capabilities"
        )
        assert answer.status == 409
        assert [one.path for one in devhost.host.wire if one.path.startswith("/files")] == []
        assert await every_row(probed) == before

    async def test_from_another_origin_is_a_conflict_and_changes_nothing(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(
            installation.client_id, oauthSecret=installation.secret, capabilitiesUrl=CAPABILITIES
        )
        assert answer.status == 409
        assert answer.error == ""
        assert other_host.asked == []
        assert await every_row(probed) == before
        assert (await probed.say()).status == 204

    async def test_with_another_secret_is_refused_and_changes_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(installation.client_id)
        assert answer.status == 400
        assert await every_row(probed) == before
        assert (await probed.say()).status == 204

    async def test_for_another_group_is_refused_and_changes_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(
            installation.client_id, oauthSecret=installation.secret, groupId=2
        )
        assert answer.status == 400
        assert await every_row(probed) == before

    async def test_of_an_uninstalled_tenant_is_a_conflict_until_it_is_purged(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        await probed.set_state(installation, TenantState.UNINSTALLED)
        body = body_of_other_host(oauthId=installation.client_id)
        assert (await probed.http.post("/hipchat/installed", json=body)).status_code == 409


class TestRacing:
    async def test_installs_leave_one_tenant(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await register(probed.devhost)
        body = install_body(probed.devhost, installation)
        answers = await asyncio.gather(
            *((probed, other)[number % 2].http.post("/hipchat/installed", json=body) for number in range(8))
        )
        assert {answer.status_code for answer in answers} == {204}
        await asyncio.gather(probed.settle(), other.settle())
        [_] = await tenants(probed)
        tenant = await probed.tenant(installation)
        assert (tenant.state, tenant.generation) == (TenantState.INSTALLED, 8)
        assert probed.probe.names + other.probe.names != []
        glance = await probed.http.post("/probe/signed", headers=await signed(probed, installation))
        assert glance.status_code == 204

    async def test_installs_with_the_secret_and_without_keep_the_right_one(self, probed: ProbedAddon) -> None:
        installation = await register(probed.devhost)
        right = install_body(probed.devhost, installation)
        wrong = install_body(probed.devhost, installation, oauthSecret="w" * 40)
        answers = await asyncio.gather(
            *(probed.http.post("/hipchat/installed", json=body) for body in (wrong, right) * 4)
        )
        assert [answer.status_code for answer in answers] == [400, 204] * 4
        assert (await probed.http.post("/probe/signed", headers=await signed(probed, installation))).status_code == 204

    async def test_installs_from_two_origins_leave_one_of_them(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await register(probed.devhost)
        ours = install_body(probed.devhost, installation)
        theirs = body_of_other_host(oauthId=installation.client_id)
        answers = await asyncio.gather(
            *(probed.http.post("/hipchat/installed", json=body) for body in (ours, theirs) * 4)
        )
        tenant = await probed.tenant(installation)
        winner = 0 if tenant.origin == HOST else 1
        won, lost = answers[winner::2], answers[1 - winner :: 2]
        assert {answer.status_code for answer in won} == {204}
        assert {answer.status_code for answer in lost} == {409}
        assert tenant.details(HipChatDetails).token_url.startswith(tenant.origin)
        assert await secret_of(probed, tenant) == (ours, theirs)[winner]["oauthSecret"]

    async def test_hundred_takeovers_of_a_known_tenant_are_conflicts(
        self, probed: ProbedAddon, start: Start, other_host: OtherHost
    ) -> None:
        """In two processes, while the tenant's own host installs it again and again."""
        processes = (probed, start())
        installation = await probed.install()
        secret = installation.secret
        theirs = body_of_other_host(oauthId=installation.client_id)
        ours = install_body(probed.devhost, installation)

        async def race(number: int) -> tuple[int, str, int]:
            process = processes[number % 2]
            own, taken = await asyncio.gather(
                process.http.post("/hipchat/installed", json=ours),
                process.http.post("/hipchat/installed", json=theirs),
            )
            return taken.status_code, taken.json()["error"]["code"], own.status_code

        # Few at once: more would wait for their own host's turn, and be told to come back.
        answers = [one for at in range(0, 100, 10) for one in await asyncio.gather(*map(race, range(at, at + 10)))]
        assert answers == [(409, "tenant_taken", 204)] * 100
        assert other_host.asked == []
        tenant = await probed.tenant(installation)
        assert (tenant.origin, tenant.generation) == (HOST, 101)
        assert await secret_of(probed, tenant) == secret
        glance = await probed.http.post("/probe/signed", headers=await signed(probed, installation))
        assert glance.status_code == 204

    async def test_installs_of_a_known_tenant_each_count(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        statuses = await asyncio.gather(*(probed.reinstall(installation) for _ in range(6)))
        assert statuses == [204] * 6
        await probed.settle()
        assert (await probed.tenant(installation)).generation == 7

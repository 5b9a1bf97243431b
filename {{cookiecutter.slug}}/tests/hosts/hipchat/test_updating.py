"""Updates and reported uninstalls, which nobody signs: the host is asked, and its word alone counts."""

from sqlalchemy import select

from app.connect.tenancy.entries import CHECK_UNINSTALL, CHECKS
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Status
from tests.connect.contents import every_row, tenants
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import (
    CAPABILITIES,
    HOST,
    OTHER,
    OtherHost,
    body_of_other_host,
)


class TestUpdating:
    async def test_keeps_the_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await probed.tenant(installation)
        updated = await probed.devhost.host.update(installation.client_id)
        after = await probed.tenant(installation)
        assert updated.client_id == installation.client_id
        assert (after.id, after.generation) == (before.id, before.generation)
        assert (await probed.say()).status == 204

    async def test_reads_where_the_hosts_endpoints_are_now(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        other_host.document["capabilities"]["hipchatApiProvider"]["url"] = f"{OTHER}/v3"
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host(oauthSecret=None))
        assert answer.status_code == 204
        async with probed.parts.database.session() as session:
            [row] = await session.scalars(select(InstallationRow))
        assert (row.api_url, row.generation) == (f"{OTHER}/v3/", 1)

    async def test_from_another_address_is_a_conflict_and_changes_nothing(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        for url in ("https://attacker.example/v2/capabilities", CAPABILITIES):
            answer = await probed.devhost.host.forge_update(installation.client_id, capabilitiesUrl=url)
            assert answer.status == 409
        assert other_host.asked == []
        assert await every_row(probed) == before

    async def test_for_another_room_is_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install(room_id=1)
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_update(
            installation.client_id, capabilitiesUrl=f"{HOST}/v2/capabilities", roomId=2
        )
        assert answer.status == 400
        assert await every_row(probed) == before

    async def test_to_endpoints_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        before = await every_row(probed)
        other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = "https://attacker.example/token"
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host())
        assert answer.status_code == 400
        assert await every_row(probed) == before

    async def test_of_an_unknown_tenant_says_so(self, probed: ProbedAddon) -> None:
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host())
        assert answer.status_code == 404


class TestReportedUninstall:
    async def test_of_a_live_tenant_is_only_a_hint(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await tenants(probed)
        answer = await probed.devhost.host.forge_uninstall(installation.client_id)
        await probed.settle()
        assert answer.status == 204
        assert await tenants(probed) == before
        assert (await probed.say()).status == 204
        assert "uninstalled" not in probed.probe.names

    async def test_of_a_live_tenant_is_looked_at_again_a_few_times(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.devhost.host.forge_uninstall(installation.client_id)
        for _ in range(2 * len(CHECKS)):
            await probed.let_time_pass()
            await probed.settle()
        checks = await probed.entries(CHECK_UNINSTALL)
        assert [entry.status for entry in checks] == [Status.DONE] * len(CHECKS)
        assert (await probed.tenant(installation)).is_installed

    async def test_is_written_down_once_however_often_it_comes(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        for _ in range(20):
            await probed.devhost.host.forge_uninstall(installation.client_id)
        # One entry for each half minute: the second is there when one began meanwhile.
        assert len(await probed.entries(CHECK_UNINSTALL)) in {1, 2}

    async def test_of_nobody_writes_nothing(self, probed: ProbedAddon) -> None:
        await probed.install()
        before = await every_row(probed)
        for name in ("nobody", "%00", "%F0%9F%92%A5", "x" * 300, "..%2F.."):
            answer = await probed.http.delete(f"/hipchat/installed/{name}")
            assert answer.status_code in {204, 404}
        assert await every_row(probed) == before

    async def test_waits_while_the_host_cannot_be_asked(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        probed.devhost.host.faults.error(503)
        await probed.devhost.host.uninstall(installation.client_id)
        await probed.settle()
        assert (await probed.tenant(installation)).is_installed
        probed.devhost.host.faults.clear()
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED

    async def test_that_came_before_the_client_was_revoked_is_found_out(self, probed: ProbedAddon) -> None:
        probed.devhost.host.settings.revoke_before_delete = False
        installation = await probed.install()
        await probed.devhost.host.forge_uninstall(installation.client_id)
        await probed.settle()
        await probed.devhost.host.uninstall(installation.client_id, delete=False, browser=False)
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED

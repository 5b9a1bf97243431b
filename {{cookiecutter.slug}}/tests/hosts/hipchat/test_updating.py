"""Updates and reported uninstalls, which nobody signs: the host is asked, and its word alone counts."""

import pytest
from sqlalchemy import event, select

from app.connect.tenancy.entries import CHECK_HINT, HINTS
from app.connect.tenancy.tables import InstallationRow
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import Status
from tests.connect.contents import every_row, installations, tenants
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import (
    CAPABILITIES,
    HOST,
    OTHER,
    OtherHost,
    body_of_other_host,
)


class TestUpdating:
    """An update is not signed: it is a hint, after which the host is read again from the address that is stored."""

    async def test_keeps_the_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await probed.tenant(installation)
        updated = await probed.devhost.host.update(installation.client_id)
        await probed.settle()
        after = await probed.tenant(installation)
        assert updated.client_id == installation.client_id
        assert (after.id, after.generation, after.state) == (before.id, before.generation, before.state)
        assert (await probed.say()).status == 204

    async def test_reads_where_the_hosts_endpoints_are_now(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        other_host.document["capabilities"]["hipchatApiProvider"]["url"] = f"{OTHER}/v3"
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host(oauthSecret=None))
        assert answer.status_code == 204
        await probed.settle()
        async with probed.parts.database.session() as session:
            [row] = await session.scalars(select(InstallationRow))
        assert (row.api_url, row.generation) == (f"{OTHER}/v3/", 1)

    async def test_that_names_another_host_or_room_changes_nothing(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install(room_id=1)
        before = await probed.tenant(installation)
        for changes in (
            {"capabilitiesUrl": "https://attacker.example/v2/capabilities"},
            {"capabilitiesUrl": CAPABILITIES},
            {"capabilitiesUrl": f"{HOST}/v2/capabilities", "roomId": 2},
        ):
            await probed.devhost.host.forge_update(installation.client_id, **changes)
            await probed.let_time_pass()
            await probed.settle()
        assert other_host.asked == []
        assert await probed.tenant(installation) == before

    async def test_to_endpoints_elsewhere_changes_nothing(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        await probed.settle()
        before = await installations(probed)
        other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = "https://attacker.example/token"
        await probed.http.post("/hipchat/updated", json=body_of_other_host())
        other_host.asked.clear()
        await probed.settle()
        assert other_host.asked == ["/v2/capabilities", "/v2/oauth/token"]
        assert await installations(probed) == before


def newest(probed: ProbedAddon) -> int:
    """Return the id of the last request that reached or left the host."""
    return max(one.id for one in probed.devhost.host.wire)


def questions(probed: ProbedAddon, last: int) -> int:
    """Count how often the host was asked for a token since."""
    return sum(one.id > last and "/oauth/token" in one.path for one in probed.devhost.host.wire)


class TestWhoeverHints:
    """Anybody can post an update or a DELETE; neither answer nor work tells whether the tenant exists."""

    @pytest.mark.parametrize("how", ["update", "delete"])
    @pytest.mark.parametrize("state", [None, *TenantState])
    async def test_learns_nothing_of_a_tenant(self, probed: ProbedAddon, how: str, state: TenantState | None) -> None:
        installation = await probed.install()
        if state is not None:
            await probed.set_state(installation, state)
        known = await self.hint(probed, how, installation.client_id)
        stranger = await self.hint(probed, how, "0" * len(installation.client_id))
        assert known == stranger
        assert known == (204, b"", [])

    async def hint(self, probed: ProbedAddon, how: str, client_key: str) -> tuple[int, bytes, list[str]]:
        """Return status and body of the answer, and what it asked the database and the host."""
        work: list[str] = []
        engine = probed.parts.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: work.append(given[2]))
        last = newest(probed)
        if how == "delete":
            answer = await probed.http.delete(f"/hipchat/installed/{client_key}")
        else:
            body = {"oauthId": client_key, "capabilitiesUrl": f"{HOST}/v2/capabilities"}
            answer = await probed.http.post("/hipchat/updated", json=body)
        work += [one.path for one in probed.devhost.host.wire if one.id > last]
        return answer.status_code, answer.content, work


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
        for _ in range(2 * len(HINTS)):
            await probed.let_time_pass()
            await probed.settle()
        checks = await probed.entries(CHECK_HINT)
        assert [entry.status for entry in checks] == [Status.DONE] * len(HINTS)
        assert (await probed.tenant(installation)).is_installed

    async def test_is_written_down_once_however_often_it_comes(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        for _ in range(20):
            await probed.devhost.host.forge_uninstall(installation.client_id)
            await probed.parts.hints.look_up()
        # One entry for each half minute: the second is there when one began meanwhile.
        assert len(await probed.entries(CHECK_HINT)) in {1, 2}

    async def test_of_nobody_writes_nothing(self, probed: ProbedAddon) -> None:
        await probed.install()
        before = await every_row(probed)
        for name in ("nobody", "%00", "%F0%9F%92%A5", "x" * 300, "..%2F.."):
            answer = await probed.http.delete(f"/hipchat/installed/{name}")
            assert answer.status_code in {204, 404}
        await probed.settle()
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
        assert (await probed.tenant(installation)).is_in_doubt

    async def test_that_came_before_the_client_was_revoked_is_found_out(self, probed: ProbedAddon) -> None:
        probed.devhost.host.settings.revoke_before_delete = False
        installation = await probed.install()
        await probed.devhost.host.forge_uninstall(installation.client_id)
        await probed.settle()
        await probed.devhost.host.uninstall(installation.client_id, delete=False, browser=False)
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).is_in_doubt

    async def test_is_asked_about_a_few_times_however_often_it_comes(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        began, asked = probed.clock(), 0
        for _ in range(10):
            for _ in range(10):
                await probed.devhost.host.forge_uninstall(installation.client_id)
            last = newest(probed)
            await probed.pass_time(seconds=30)
            asked += questions(probed, last)
        assert (await probed.tenant(installation)).is_installed
        # Each half minute the hint and what follows it after half a minute, and each five minutes the last look.
        spent = probed.clock() - began
        assert 10 <= asked <= 2 * (spent / 30 + 1) + spent / 300 + 1

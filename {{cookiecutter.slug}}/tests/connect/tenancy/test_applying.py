"""What a host found out is applied in one transaction: installed, refreshed, suspended, resumed."""

import pytest

from app.connect.errors import TenantTaken
from app.connect.tenancy.tenant import NOBODY, Refreshed, Resumed, Suspended, TenantState, Uninstalled
from app.connect.work.rows import Status
from tests.connect.contents import every_row, fill, rows_of, tenants
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import ORIGIN, SECRET, details, installed, tenant_of


class TestInstalled:
    async def test_makes_a_tenant_of_generation_one(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        tenant = await tenant_of(probed)
        assert (tenant.state, tenant.generation, tenant.origin) == (TenantState.INSTALLED, 1, ORIGIN)
        known = await probed.parts.lifecycle.known("hipchat", "client")
        assert known is not None
        assert (known.tenant, known.secret) == (tenant, SECRET)
        assert SECRET not in repr(known)

    async def test_from_the_same_origin_renews_and_raises_the_generation(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        before = await tenant_of(probed)
        await probed.parts.lifecycle.apply("hipchat", installed(secret="n" * 40))
        after = await tenant_of(probed)
        assert (after.id, after.installation_id, after.generation) == (before.id, before.installation_id, 2)
        assert len(await tenants(probed)) == 1
        assert await probed.parts.directory.secret_of(after) == "n" * 40

    async def test_from_another_origin_is_refused_and_changes_nothing(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        await probed.settle()
        before = await every_row(probed)
        for origin in ("https://other.example", "http://host.example", f"{ORIGIN}:8443"):
            with pytest.raises(TenantTaken):
                await probed.parts.lifecycle.apply("hipchat", installed(origin=origin, secret="n" * 40))
        assert await every_row(probed) == before

    async def test_without_a_secret_has_none(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed(secret=None))
        known = await probed.parts.lifecycle.known("hipchat", "client")
        assert known is not None
        assert known.secret is None
        assert await probed.parts.directory.secret_of(known.tenant) is None

    async def test_of_a_suspended_one_installs_it(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        await probed.parts.lifecycle.apply("hipchat", Suspended("client"))
        await probed.parts.lifecycle.apply("hipchat", installed())
        assert (await tenant_of(probed)).state is TenantState.INSTALLED


class TestRefreshed:
    async def test_changes_addresses_and_details_and_nothing_else(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        before = await tenant_of(probed)
        change = Refreshed("client", f"{ORIGIN}/v3/", f"{ORIGIN}/web", details(group_id="7"))
        await probed.parts.lifecycle.apply("hipchat", change)
        after = await tenant_of(probed)
        assert (after.api_url, after.web_url) == (f"{ORIGIN}/v3/", f"{ORIGIN}/web")
        assert '"group_id":"7"' in after.details_json
        assert (after.id, after.generation, after.origin) == (before.id, before.generation, before.origin)
        assert await probed.parts.directory.secret_of(after) == SECRET

    async def test_of_nobody_does_nothing(self, probed: ProbedAddon) -> None:
        before = await every_row(probed)
        for change in (
            Refreshed("nobody", f"{ORIGIN}/v3/", ORIGIN, details()),
            Suspended("nobody"),
            Resumed("nobody"),
            Uninstalled("nobody"),
        ):
            await probed.parts.lifecycle.apply("hipchat", change)
        assert await every_row(probed) == before


class TestSuspended:
    async def test_serves_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        token = await probed.parts.serving.api_tokens.create(await probed.tenant(installation), NOBODY)
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        assert (await probed.say()).status == 401
        api = await probed.http.post("/probe/api", headers={"Authorization": f"Bearer {token}"})
        assert api.status_code == 401
        await probed.settle()
        assert probed.probe.names == ["installed"]

    async def test_lets_what_was_accepted_wait(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        for _ in range(10):
            await probed.settle()
            await probed.let_time_pass()
        [entry] = await probed.entries("hipchat.probe")
        assert (entry.status, entry.attempts) == (Status.NEW, 0)
        assert "message" not in probed.probe.names

    async def test_and_resumed_runs_what_waited(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        await probed.settle()
        await probed.parts.lifecycle.apply("hipchat", Resumed(installation.client_id))
        await probed.pass_time(minutes=2)
        assert probed.probe.names.count("message") == 1
        assert (await probed.say()).status == 204

    async def test_and_resumed_lost_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await fill(probed, tenant, tenant.id)
        before = await rows_of(probed, tenant.id)
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        await probed.parts.lifecycle.apply("hipchat", Resumed(installation.client_id))
        after = await rows_of(probed, tenant.id)
        assert {table: rows for table, rows in after.items() if table != "installations"} == {
            table: rows for table, rows in before.items() if table != "installations"
        }
        assert (await probed.tenant(installation)).generation == tenant.generation

    async def test_can_be_uninstalled(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.parts.lifecycle.apply("hipchat", Suspended(installation.client_id))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled(installation.client_id))
        await probed.settle()
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED
        assert probed.probe.names == ["installed", "uninstalled"]

    async def test_and_resumed_brings_no_uninstalled_tenant_back(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.parts.lifecycle.apply("hipchat", Uninstalled(installation.client_id))
        for change in (Suspended(installation.client_id), Resumed(installation.client_id)):
            await probed.parts.lifecycle.apply("hipchat", change)
            assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED


class TestProvedInstallation:
    """What a host said of one generation is not said of the next."""

    async def test_that_ended_does_not_end_the_one_installed_since(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        asked = await tenant_of(probed)
        await probed.parts.lifecycle.apply("hipchat", installed(secret="n" * 40))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("client"), proved=asked)
        after = await tenant_of(probed)
        assert (after.state, after.generation) == (TenantState.INSTALLED, 2)
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("client"), proved=after)
        assert (await tenant_of(probed)).state is TenantState.UNINSTALLED

    async def test_that_was_refreshed_late_leaves_the_one_installed_since_alone(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        asked = await tenant_of(probed)
        await probed.parts.lifecycle.apply("hipchat", installed(secret="n" * 40))
        before = await tenant_of(probed)
        late = Refreshed("client", f"{ORIGIN}/v3/", f"{ORIGIN}/web", details(group_id="7"))
        await probed.parts.lifecycle.apply("hipchat", late, proved=asked)
        assert await tenant_of(probed) == before

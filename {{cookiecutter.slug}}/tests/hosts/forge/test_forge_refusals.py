"""An installation that Atlassian's API refuses to the last is over; one that it refuses for a while is not (7.3)."""

from contextlib import suppress

import pytest

from app.connect.errors import HostError
from app.connect.hosts.forge.client.refusals import PERSISTENT
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.tenancy.entries import DOUBTS
from app.connect.tenancy.tenant import Refreshed, Tenant, TenantState
from tests.hosts.forge.cloud import Site, access_token
from tests.hosts.forge.stage import ForgeStage

HOUR = 3600.0
LONG = PERSISTENT + 1


async def come(forge: ForgeStage, **given: int) -> Site:
    """Let an installation come, with an access token, and keep something of it."""
    site = forge.cloud.new_site(**given)
    assert (await forge.send(forge.cloud.hourly(site, system=access_token(site.installation)))).status == 204
    await forge.settle()
    async with await forge.context(site) as ctx:
        await ctx.store.set("word", "kept")
    return site


async def use(forge: ForgeStage, *sites: Site) -> None:
    """Call the product of each as the app, whatever comes of it."""
    for site in sites:
        async with await forge.context(site) as ctx:
            with suppress(HostError):
                await ctx.jira.issue("TP-1")
    await forge.settle()


async def pass_time(forge: ForgeStage, *seconds: float) -> None:
    for one in seconds:
        forge.clock.ahead += one + 1
        await forge.settle()


async def tenant_of(forge: ForgeStage, site: Site) -> Tenant:
    found = await forge.tenant(site)
    assert found is not None
    return found


class TestRefusals:
    @pytest.mark.parametrize("gone", [401, 403, 404])
    async def test_that_last_end_the_one_installation_and_no_other(self, forge: ForgeStage, gone: int) -> None:
        good = [await come(forge) for _ in range(2)]
        bad = await come(forge, gone=gone)
        bad.is_installed = False
        await use(forge, bad, *good)
        assert (await tenant_of(forge, bad)).state is TenantState.INSTALLED
        await pass_time(forge, LONG)
        await use(forge, bad, *good)
        # Where the first refusal took the token, nothing is called any more: it is looked at each hour.
        await pass_time(forge, HOUR)
        assert (await tenant_of(forge, bad)).state is TenantState.SUSPENDED
        await pass_time(forge, *DOUBTS)
        over = await tenant_of(forge, bad)
        assert (over.state, over.can_be_restored) == (TenantState.UNINSTALLED, True)
        assert forge.heard.of("uninstalled") == []
        for site in good:
            assert (await tenant_of(forge, site)).state is TenantState.INSTALLED
            async with await forge.context(site) as ctx:
                assert await ctx.store.get("word") == "kept"
        # A token of Forge shows that they were wrong, until the data is gone.
        bad.is_installed = True
        assert (await forge.send(forge.cloud.hourly(bad, system=access_token("anew")))).status == 204
        back = await tenant_of(forge, bad)
        assert (back.id, back.state) == (over.id, TenantState.INSTALLED)

    @pytest.mark.parametrize("gone", [403, 404])
    async def test_that_stop_in_time_end_nothing(self, forge: ForgeStage, gone: int) -> None:
        site = await come(forge, gone=gone)
        site.is_installed = False
        await use(forge, site)
        await pass_time(forge, LONG)
        await use(forge, site)
        assert (await tenant_of(forge, site)).state is TenantState.SUSPENDED
        await pass_time(forge, *DOUBTS[:2])
        site.is_installed = True
        await pass_time(forge, *DOUBTS[2:], HOUR)
        assert (await tenant_of(forge, site)).state is TenantState.INSTALLED
        async with await forge.context(site) as ctx:
            assert (await ctx.store.get("word"), (await ctx.jira.issue("TP-1")).summary) == ("kept", "It works")

    async def test_with_good_answers_between_them_are_not_even_asked_about(self, forge: ForgeStage) -> None:
        site = await come(forge, gone=404)
        for _ in range(3):
            site.is_installed = False
            await use(forge, site)
            site.is_installed = True
            await use(forge, site)
            await pass_time(forge, LONG)
        assert {path for _, path, _, _ in forge.cloud.calls if "mypermissions" in path} == set()

    async def test_of_things_that_are_missing_are_asked_about_and_suspend_nothing(self, forge: ForgeStage) -> None:
        """An add-on that only looks for what is not there is told so by a product that knows it well."""
        site = await come(forge)
        forge.cloud.missing = "rest/api/3/issue/"
        for _ in range(3):
            await use(forge, site)
            await pass_time(forge, LONG)
        assert (await tenant_of(forge, site)).state is TenantState.INSTALLED
        assert [path for _, path, _, _ in forge.cloud.calls if "mypermissions" in path] != []

    async def test_are_not_believed_while_the_hourly_trigger_comes(self, forge: ForgeStage) -> None:
        site = await come(forge, gone=403)
        site.is_installed = False
        await use(forge, site)
        forge.clock.ahead += LONG
        tenant = await tenant_of(forge, site)
        heard = tenant.details(ForgeDetails).model_copy(update={"heard_at": forge.clock()})
        change = Refreshed(site.installation, tenant.api_url, tenant.web_url, heard)
        await forge.application.lifecycle.apply("forge", change, proved=tenant)
        await use(forge, site)
        assert (await tenant_of(forge, site)).state is TenantState.INSTALLED
        assert {path for _, path, _, _ in forge.cloud.calls if "mypermissions" in path} == set()

    async def test_of_a_key_in_storage_are_none(self, forge: ForgeStage) -> None:
        site = await come(forge)
        for _ in range(3):
            async with await forge.context(site) as ctx:
                assert await ctx.storage.get("nothing") is None
            await pass_time(forge, LONG)
        assert {path for _, path, _, _ in forge.cloud.calls if "mypermissions" in path} == set()

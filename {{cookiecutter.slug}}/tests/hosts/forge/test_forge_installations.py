"""How Forge installations come, are enriched, come anew and end (reference 1, 7.3 and 14)."""

import asyncio
import time

from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.tenancy.entries import DOUBTS
from app.connect.tenancy.tenant import Refreshed, TenantState
from tests.hosts.forge.cloud import Site, access_token
from tests.hosts.forge.stage import ForgeStage, issue_event

HOUR = 3600.0


class TestComing:
    async def test_by_a_call_before_installed_and_installed_twice_is_one_tenant(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        assert (await forge.send(forge.cloud.call(site, "double", {"count": 1}))).status == 200
        for _ in range(2):
            assert (await forge.send(forge.cloud.lifecycle(site))).status == 204
        forge.clock.ahead += HOUR
        await forge.settle()
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert (tenant.state, tenant.generation) == (TenantState.INSTALLED, 1)
        assert forge.heard.of("installed") == [tenant.id]

    async def test_by_many_at_once_in_two_processes_is_one_tenant(self, forge: ForgeStage) -> None:
        site, other = forge.cloud.new_site(), forge.start()
        answers = await asyncio.gather(
            *(
                forge.send(forge.cloud.event(site, issue_event(number)), process)
                for number in range(4)
                for process in (forge.application, other)
            )
        )
        assert {one.status for one in answers} <= {204, 503}
        await forge.settle()
        assert sorted(one.issue.summary for one in forge.heard.of("updated")) == [f"event {n}" for n in range(4)]

    async def test_keeps_what_tokens_say(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.call(site, "double", {"count": 1}))
        await forge.send(forge.cloud.hourly(site, app={"appVersion": "3.0.0", "license": {"active": True}}))
        tenant = await forge.tenant(site)
        assert tenant is not None
        details = tenant.details(ForgeDetails)
        assert (details.cloud_id, details.product, details.environment) == (site.cloud_id, "jira", "PRODUCTION")
        assert (details.version, details.license) == ("3.0.0", {"active": True})
        assert details.display_url == f"https://site-{site.cloud_id[:8]}.atlassian.net"
        assert tenant.api_url == site.api + "/"


class TestComingAnew:
    async def test_with_another_id_is_the_same_tenant(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event(1)))
        before = await forge.tenant(site)
        assert before is not None
        async with await forge.context(site) as ctx:
            await ctx.store.set("word", "kept")
        again = site.again()
        assert (await forge.send(forge.cloud.call(again, "double", {"count": 1}))).status == 200
        after = await forge.tenant(again)
        assert after is not None
        assert (after.id, after.is_installed) == (before.id, True)
        async with await forge.context(again) as ctx:
            assert await ctx.store.get("word") == "kept"
        await forge.settle()
        # What waited goes on; the id before opens nothing any more, and that is no bad token.
        assert [one.issue.summary for one in forge.heard.of("updated")] == ["event 1"]
        assert (await forge.send(forge.cloud.event(site, issue_event(2)))).status == 403

    async def test_on_another_site_app_or_environment_is_another_tenant(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event()))
        ids = {getattr(await forge.tenant(site), "id", None)}
        foreign = forge.cloud.new_site()
        await forge.send(forge.cloud.event(foreign, issue_event()))
        ids.add(getattr(await forge.tenant(foreign), "id", None))
        staging = site.again()
        environment = {"type": "STAGING", "id": "44444444-4444-4444-8444-444444444444"}
        await forge.send(forge.cloud.event(staging, issue_event(), app={"environment": environment}))
        ids.add(getattr(await forge.tenant(staging), "id", None))
        assert len(ids - {None}) == 3

    async def test_raced_by_two_processes_is_one_tenant(self, forge: ForgeStage) -> None:
        site, other = forge.cloud.new_site(), forge.start()
        again = site.again()
        await asyncio.gather(
            *(
                forge.send(forge.cloud.call(one, "double", {"count": 1}), process)
                for one in (site, again)
                for process in (forge.application, other)
            )
        )
        tenants = [await forge.tenant(one) for one in (site, again)]
        assert len({one.id for one in tenants if one is not None}) == 1
        assert [one.is_installed for one in tenants if one is not None].count(True) == 1


class TestGoing:
    async def test_by_the_last_word_ends_it_and_deletes_everything_later(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.call(site, "double", {"count": 1}, system=access_token("one")))
        assert (await forge.send(forge.cloud.goodbye(site))).status == 204
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.state is TenantState.UNINSTALLED
        for sent in (
            forge.cloud.hourly(site),
            forge.cloud.event(site, issue_event()),
            forge.cloud.call(site, "double", {"count": 1}),
            forge.cloud.goodbye(site),
        ):
            assert (await forge.send(sent)).status == 403
        calls = len(forge.cloud.calls)
        forge.clock.ahead += HOUR
        await forge.settle()
        assert forge.heard.of("uninstalled") == [tenant.id]
        assert len(forge.cloud.calls) == calls
        forge.clock.ahead += HOUR
        await forge.settle()
        assert await forge.tenant(site) is None

    async def test_by_the_last_word_leaves_nothing_to_a_new_installation(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event()))
        before = await forge.tenant(site)
        await forge.send(forge.cloud.goodbye(site))
        again = site.again()
        await forge.send(forge.cloud.event(again, issue_event()))
        after = await forge.tenant(again)
        assert before is not None
        assert after is not None
        assert before.id != after.id

    async def test_by_silence_suspends_then_ends_it_and_keeps_its_data_for_some_days(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await _fall_silent(forge, site)
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert (tenant.state, tenant.can_be_restored) == (TenantState.UNINSTALLED, True)
        assert forge.heard.of("uninstalled") == []

    async def test_by_silence_is_not_believed_while_another_call_brought_a_token(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.call(site, "double", {"count": 1}, system=access_token("fresh")))
        await _fall_silent(forge, site)
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.state is TenantState.INSTALLED

    async def test_by_silence_is_taken_back_by_a_token(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await _fall_silent(forge, site)
        before = await forge.tenant(site)
        assert (await forge.send(forge.cloud.hourly(site))).status == 204
        after = await forge.tenant(site)
        assert before is not None
        assert after is not None
        assert (after.id, after.state) == (before.id, TenantState.INSTALLED)


async def _fall_silent(forge: ForgeStage, site: Site) -> None:
    """Let the trigger of every hour have stayed away for long, and then the time pass in which that is doubted."""
    await forge.send(forge.cloud.hourly(site))
    await forge.settle()
    tenant = await forge.tenant(site)
    assert tenant is not None
    silent = tenant.details(ForgeDetails).model_copy(update={"heard_at": time.time() - 5 * HOUR})
    change = Refreshed(site.installation, tenant.api_url, tenant.web_url, silent)
    await forge.application.lifecycle.apply("forge", change, proved=tenant)
    # Until the next slot, and then from question to question.
    for seconds in (HOUR, *DOUBTS):
        forge.clock.ahead += seconds + 1
        await forge.settle()

"""A Forge installation joins the Connect tenant of its site: in both orders, raced, and never across sites (9.2)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.conformance import Guest, Sent
from app.connect.application import Application
from app.connect.hosts.protocol import ProofKind
from app.connect.tenancy.tenant import NOBODY, Tenant, TenantState
from tests.hosts.forge.cloud import Site, access_token
from tests.hosts.forge.stage import ForgeStage, issue_event

pytestmark = pytest.mark.both_databases


async def connect_tenant(forge: ForgeStage, guest: Guest) -> Tenant:
    known = await forge.application.lifecycle.known("jira", guest.client_key)
    assert known is not None
    return known.tenant


def installed(forge: ForgeStage, guest: Guest, site: Site | None, **said: Any) -> Sent:
    """Return the install by Connect; of an app on Forge it names the installation there."""
    named = {} if site is None else {"installationId": f"ari:cloud:ecosystem::installation/{site.installation}"}
    if site is not None:
        named["cloudId"] = site.cloud_id
    sent = forge.jira.posted("installed", forge.jira.site(guest), **(named | said))
    return forge.jira.carry(sent, forge.jira.sign(guest, sent, ProofKind.LIFECYCLE, user=f"{site}"))


async def keep(forge: ForgeStage, tenant: Tenant, word: str = "kept") -> None:
    async with forge.application.contexts.open(tenant, NOBODY) as ctx:
        await ctx.store.set("word", word)


async def kept(forge: ForgeStage, tenant: Tenant) -> Any:
    async with forge.application.contexts.open(tenant, NOBODY) as ctx:
        return await ctx.store.get("word")


class TestByTheInstallsBody:
    async def test_connect_first_then_its_forge_installation(self, forge: ForgeStage) -> None:
        guest, site = await forge.jira.guest(), forge.cloud.new_site()
        assert (await forge.send(installed(forge, guest, site))).status == 204
        before = await connect_tenant(forge, guest)
        await keep(forge, before)
        assert (await forge.send(forge.cloud.event(site, issue_event()))).status == 204
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.id == before.id
        assert await kept(forge, tenant) == "kept"

    async def test_forge_first_then_an_old_connect_tenant_with_data(self, forge: ForgeStage) -> None:
        guest, site = await forge.jira.guest(), forge.cloud.new_site()
        await forge.send(installed(forge, guest, None))
        before = await connect_tenant(forge, guest)
        await keep(forge, before)
        await forge.send(forge.cloud.event(site, issue_event(7), system=access_token("first")))
        born = await forge.tenant(site)
        assert born is not None
        assert born.id != before.id
        assert (await forge.send(installed(forge, guest, site))).status == 204
        joined = await forge.tenant(site)
        assert joined is not None
        assert (joined.id, joined.installation_id, joined.generation) == (
            before.id,
            born.installation_id,
            born.generation,
        )
        # What was accepted before goes on, and with the token that came before.
        await forge.settle()
        assert [one.issue.summary for one in forge.heard.of("updated")] == ["event 7"]
        async with await forge.context(site) as ctx:
            assert await ctx.access_token()
            assert await ctx.store.get("word") == "kept"

    async def test_forge_first_then_a_new_connect_tenant(self, forge: ForgeStage) -> None:
        guest, site = await forge.jira.guest(), forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event()))
        born = await forge.tenant(site)
        assert born is not None
        await keep(forge, born, "of Forge")
        await forge.send(installed(forge, guest, site))
        tenant = await connect_tenant(forge, guest)
        assert tenant.id == born.id
        assert await kept(forge, tenant) == "of Forge"

    @pytest.mark.parametrize("late", ["connect", "forge"])
    async def test_raced_by_two_processes_is_one_tenant(self, forge: ForgeStage, late: str) -> None:
        other = forge.start()
        guests = [(await forge.jira.guest(), forge.cloud.new_site()) for _ in range(3)]
        if late == "forge":
            for guest, _ in guests:
                await forge.send(installed(forge, guest, None))
        sending: list[Any] = []
        for number, (guest, site) in enumerate(guests):
            sending += [
                forge.send(installed(forge, guest, site), forge.application if number % 2 else other),
                forge.send(forge.cloud.event(site, issue_event()), other if number % 2 else forge.application),
            ]
        answers = await asyncio.gather(*sending)
        assert {one.status for one in answers} <= {204, 503}
        for guest, site in guests:
            await forge.send(forge.cloud.event(site, issue_event()))
            tenant = await forge.tenant(site)
            assert tenant is not None
            assert tenant.id == (await connect_tenant(forge, guest)).id

    async def test_of_both_with_data_is_refused_and_said_and_loses_nothing(
        self, forge: ForgeStage, caplog: pytest.LogCaptureFixture
    ) -> None:
        guest, site = await forge.jira.guest(), forge.cloud.new_site()
        await forge.send(installed(forge, guest, None))
        await keep(forge, await connect_tenant(forge, guest), "of Connect")
        await forge.send(forge.cloud.event(site, issue_event()))
        born = await forge.tenant(site)
        assert born is not None
        await keep(forge, born, "of Forge")
        assert (await forge.send(installed(forge, guest, site))).status == 204
        assert "both have data" in caplog.text
        after = await forge.tenant(site)
        assert after is not None
        assert await kept(forge, after) == "of Forge"
        assert await kept(forge, await connect_tenant(forge, guest)) == "of Connect"

    async def test_never_across_sites(self, forge: ForgeStage) -> None:
        """A body that names a foreign installation beside its own site joins nothing."""
        guest, site = await forge.jira.guest(), forge.cloud.new_site()
        await forge.send(forge.cloud.event(site, issue_event()))
        await forge.send(installed(forge, guest, site, cloudId="another-site"))
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.id != (await connect_tenant(forge, guest)).id
        mine = await forge.jira.guest()
        await forge.send(installed(forge, mine, site, cloudId=site.cloud_id))
        assert tenant.id == (await connect_tenant(forge, mine)).id


Begin = Callable[[ForgeStage, Site, str], Sent]
BEGINNINGS: dict[str, Begin] = {
    "installed": lambda forge, site, token: forge.cloud.lifecycle(site, system=token),
    "upgraded": lambda forge, site, token: forge.cloud.lifecycle(site, "upgraded", system=token),
    "hourly": lambda forge, site, token: forge.cloud.hourly(site, system=token),
}


class TestByTheSitesProperty:
    @pytest.mark.parametrize("name", BEGINNINGS)
    async def test_is_read_once_and_joins(self, forge: ForgeStage, name: str) -> None:
        guest = await forge.jira.guest()
        await forge.send(installed(forge, guest, None))
        before = await connect_tenant(forge, guest)
        await keep(forge, before)
        site = forge.cloud.new_site(client_key=guest.client_key)
        await forge.send(BEGINNINGS[name](forge, site, access_token("system")))
        await forge.settle()
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.id == before.id
        assert tenant.api_url == site.api + "/"
        for hour in range(3):
            forge.clock.ahead += 3600 * hour
            await forge.send(forge.cloud.hourly(site, system=access_token("system")))
            await forge.settle()
        assert len([path for _, path, _, _ in forge.cloud.calls if "connect_client_key" in path]) == 1
        [bearer] = {bearer for _, path, bearer, _ in forge.cloud.calls if "connect_client_key" in path}
        assert bearer.startswith("Bearer ")

    async def test_is_not_there_and_nothing_happens(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        for _ in range(2):
            await forge.send(forge.cloud.hourly(site, system=access_token("system")))
            await forge.settle()
        assert len(forge.cloud.calls) == 1
        assert await forge.tenant(site) is not None

    async def test_waits_for_an_access_token(self, forge: ForgeStage) -> None:
        guest = await forge.jira.guest()
        await forge.send(installed(forge, guest, None))
        site = forge.cloud.new_site(client_key=guest.client_key)
        await forge.send(forge.cloud.lifecycle(site))
        await forge.settle()
        assert forge.cloud.calls == []
        await forge.send(forge.cloud.call(site, "double", {"count": 1}, system=access_token("system")))
        await forge.settle()
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.id == (await connect_tenant(forge, guest)).id

    async def test_names_an_installation_that_is_not_here(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site(client_key="nobody")
        await forge.send(forge.cloud.hourly(site, system=access_token("system")))
        await forge.settle()
        tenant = await forge.tenant(site)
        assert tenant is not None
        assert tenant.is_installed


async def joined(forge: ForgeStage) -> tuple[Guest, Site]:
    guest, site = await forge.jira.guest(), forge.cloud.new_site()
    await forge.send(installed(forge, guest, site))
    await forge.send(forge.cloud.event(site, issue_event(0)))
    await forge.settle()
    return guest, site


class TestTwoWaysIn:
    async def test_an_event_that_comes_by_both_is_handled_once(self, forge: ForgeStage) -> None:
        guest, site = await joined(forge)
        forge.heard.lines.clear()
        event = issue_event(5)
        by_connect = {
            **{name: one for name, one in event.items() if name != "eventType"},
            "timestamp": int(event["timestamp"]),
            "webhookEvent": "jira:issue_updated",
        }
        hook = Sent.post("/jira/webhook/jira-issue_updated", by_connect).with_header(
            "x-atlassian-webhook-identifier", "5"
        )
        signed = forge.jira.carry(hook, forge.jira.sign(guest, hook, ProofKind.EVENT))
        other = forge.start()
        sent = [forge.cloud.event(site, event), signed] * 3
        answers = await asyncio.gather(
            *(forge.send(one, process) for one, process in zip(sent, [forge.application, other] * 3, strict=True))
        )
        assert {one.status for one in answers} == {204}
        await forge.settle()
        [heard] = forge.heard.of("updated")
        assert (heard.issue.summary, heard.changelog.items[0].to_text) == ("event 5", "b")

    async def test_schedules_run_once_and_the_goodbye_waits_for_the_last(self, forge: ForgeStage) -> None:
        guest, site = await joined(forge)
        tenant = await connect_tenant(forge, guest)
        forge.clock.ahead += 86_400
        await forge.application.scheduler.plan_due()
        await forge.settle()
        assert [(host, about) for name, host, about in forge.heard.lines if name == "digest"] == [("forge", tenant.id)]
        assert (await forge.send(forge.jira.uninstall(guest))).status == 204
        await forge.settle()
        assert forge.heard.of("uninstalled") == []
        forge.clock.ahead += 86_400
        await forge.application.scheduler.plan_due()
        await forge.settle()
        assert len(forge.heard.of("digest")) == 2
        await forge.send(forge.cloud.goodbye(site))
        forge.clock.ahead += 3600
        await forge.settle()
        assert forge.heard.of("uninstalled") == [tenant.id]

    async def test_what_connect_accepted_goes_on_when_it_ends(self, forge: ForgeStage) -> None:
        guest, _ = await joined(forge)
        forge.heard.lines.clear()
        sent = forge.jira.event(guest, 9)
        hook = Sent(sent.method, "/jira/webhook/jira-issue_updated", sent.headers, sent.body)
        await forge.send(forge.jira.carry(hook, forge.jira.sign(guest, hook, ProofKind.EVENT)))
        await forge.send(forge.jira.uninstall(guest))
        assert (await connect_tenant(forge, guest)).state is TenantState.UNINSTALLED
        await forge.settle()
        assert [one.issue.summary for one in forge.heard.of("updated")] == ["event 9"]

    async def test_way_back_to_connect_alone(self, forge: ForgeStage) -> None:
        guest, site = await joined(forge)
        await keep(forge, await connect_tenant(forge, guest))
        await forge.send(forge.cloud.goodbye(site))
        forge.clock.ahead += 3600
        await forge.settle()
        tenant = await connect_tenant(forge, guest)
        assert tenant.is_installed
        assert await kept(forge, tenant) == "kept"
        assert isinstance(forge.application, Application)

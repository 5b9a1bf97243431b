"""The add-on's own manifest on the devhost: a panel's calls, schedules, tokens, reinstalls, goodbyes, attacks."""

import pytest

from app.connect.tenancy.tenant import NOBODY
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.attacks import ATTACKS
from tests.hosts.forge.together.moving import PANEL, Moving


@pytest.fixture
async def installed(moving: Moving) -> ForgeInstallation:
    """Install the app on a site that never had the add-on."""
    await moving.deploy(PANEL)
    made = await moving.install()
    # On a busy machine its first event may not be answered in time, and comes again.
    await moving.again()
    await moving.settle(minutes=5)
    return made


class TestInstall:
    async def test_makes_one_tenant_of_both_parts(self, moving: Moving, installed: ForgeInstallation) -> None:
        tenant = await moving.by_forge(installed)
        assert tenant.is_installed
        assert (await moving.by_connect()).id == tenant.id

    async def test_anew_is_the_same_tenant_with_its_data(self, moving: Moving, installed: ForgeInstallation) -> None:
        before = await moving.by_forge(installed)
        await moving.keep(before, "kept")
        again = await moving.devhost.forge.reinstall(installed)
        await moving.settle(minutes=5)
        after = await moving.by_forge(again)
        assert (after.id, after.is_installed) == (before.id, True)
        assert after.installation_id != before.installation_id
        assert await moving.kept(after) == ("kept", "kept")
        assert moving.noted.of("uninstalled") == []

    async def test_ends_with_one_goodbye(self, moving: Moving, installed: ForgeInstallation) -> None:
        tenant = await moving.by_forge(installed)
        [call] = await moving.devhost.forge.uninstall(installed)
        assert call.note == ""
        await moving.settle(minutes=60)
        assert [owner for _, owner in moving.noted.of("uninstalled")] == [tenant.id]


class TestPanel:
    async def test_is_answered_by_its_resolver_as_who_looks(self, moving: Moving, installed: ForgeInstallation) -> None:
        tenant = await moving.by_forge(installed)
        await moving.keep(tenant, "kept")
        forge = moving.devhost.forge
        answer = await forge.invoke(
            installed, "panel", "/forge/call/look", method="POST", body={"times": 2}, issue="TP-1", user="Developer"
        )
        summary = moving.devhost.sites.issue("TP-1").summary
        said = forge.told(answer)
        assert said["success"] is True
        assert said["payload"]["body"] == {
            "user": "devhost:00000002",
            "place": "TP-1",
            "summary": summary * 2,
            "word": "kept",
        }

    async def test_that_sends_something_else_is_told_so(self, moving: Moving, installed: ForgeInstallation) -> None:
        answer = await moving.devhost.forge.invoke(
            installed, "panel", "/forge/call/look", method="POST", body={"times": "many"}, issue="TP-1"
        )
        assert answer.status == 422


class TestTokens:
    async def test_that_ended_let_a_job_wait_for_the_next(self, moving: Moving, installed: ForgeInstallation) -> None:
        async with moving.one.contexts.open(await moving.by_forge(installed), NOBODY) as ctx:
            await ctx.enqueue("comment")
        moving.devhost.forge.expire_tokens(installed)
        await moving.settle()
        assert moving.devhost.sites.comments("TP-2") == []
        await moving.devhost.forge.run_schedule(installed, "forge-hourly-trigger")
        await moving.settle(minutes=10)
        assert moving.devhost.sites.comments("TP-2") == ["from a job"]


class TestSchedule:
    async def test_of_forge_runs_for_its_tenant(self, moving: Moving, installed: ForgeInstallation) -> None:
        call = await moving.devhost.forge.run_schedule(installed, "forge-every-tidy-trigger")
        assert call.note == ""
        await moving.settle()
        assert moving.noted.of("tidy") == [("forge", (await moving.by_forge(installed)).id)]


class TestAttack:
    @pytest.mark.parametrize("key", sorted(ATTACKS))
    async def test_of_every_kind_is_refused_and_changes_nothing(
        self, moving: Moving, installed: ForgeInstallation, key: str
    ) -> None:
        before = await moving.by_forge(installed)
        answer = await moving.devhost.forge.attack(key, installed)
        assert answer.status in (400, 401, 403), answer.told()
        await moving.settle(minutes=5)
        assert await moving.by_forge(installed) == before
        assert moving.noted.events == []

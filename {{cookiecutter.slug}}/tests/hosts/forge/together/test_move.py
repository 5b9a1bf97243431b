"""A site moves from Connect to Forge while events arrive: none is lost, none is handled twice, all stays its own."""

import asyncio

import pytest

from app.connect.errors import NoApiToken
from app.connect.tenancy.tenant import NOBODY
from devhost.dialects.forge.apps import ForgeInstallation
from tests.hosts.forge.together.moving import KEY, PANEL, Moving

pytestmark = pytest.mark.both_databases


async def settled(moving: Moving, word: str = "kept") -> str:
    """Run the add-on by Connect, with data and settings; return its tenant's id."""
    await moving.deploy()
    await moving.install_connect()
    await moving.settle()
    tenant = await moving.by_connect()
    await moving.keep(tenant, word)
    return tenant.id


async def raced(moving: Moving, changes: int) -> tuple[ForgeInstallation, list[str]]:
    """Move the site while issues change at both processes."""
    moved, *said = await asyncio.gather(moving.move(), *(moving.update() for _ in range(changes)))
    assert isinstance(moved, ForgeInstallation)
    return moved, [str(one) for one in said]


class TestMove:
    async def test_keeps_tenant_data_and_settings_by_three_lines(self, moving: Moving) -> None:
        owner = await settled(moving)
        before = await moving.by_connect()
        await moving.deploy({})
        moved = await moving.move()
        await moving.settle()
        tenant = await moving.by_forge(moved)
        assert (tenant.id, tenant.is_installed) == (owner, True)
        after = await moving.by_connect()
        assert (after.id, after.installation_id, after.is_installed) == (owner, before.installation_id, True)
        assert await moving.kept(tenant) == await moving.kept(after) == ("kept", "kept")
        assert moving.noted.of("uninstalled") == []

    async def test_raced_by_two_processes_loses_no_event_and_handles_none_twice(self, moving: Moving) -> None:
        owner = await settled(moving)
        said = [await moving.update() for _ in range(3)]
        await moving.deploy(PANEL)
        said += [await moving.update()]
        moving.balancer.loses = 3
        moving.devhost.sites.faults.duplicate(2)
        moved, during = await raced(moving, 8)
        said += during
        said += await asyncio.gather(*(moving.update() for _ in range(4)))
        await moving.again()
        await moving.settle(minutes=5)
        assert await moving.handled(await moving.by_forge(moved)) == dict.fromkeys(said, 1)
        assert (await moving.by_forge(moved)).id == owner
        assert await moving.kept(await moving.by_forge(moved)) == ("kept", "kept")
        # Both doors were open, and what was lost was an answer and not a request.
        assert {"/forge/events", "/jira/webhook/jira-issue_updated"} <= {path for path, _ in moving.balancer.requests}
        assert moving.balancer.statuses("/forge/events") <= {204, 503}
        # A webhook that is signed with a secret on its way is refused; what it told came by the other door.
        assert moving.balancer.statuses("/jira/webhook/") <= {204, 401, 503}
        assert any(one.retries for one in moving.devhost.forge.state.sent if hasattr(one, "retries"))

    async def test_while_the_add_on_is_deployed_loses_no_event_and_handles_none_twice(self, moving: Moving) -> None:
        """One process knows Forge and the other does not yet: Forge sends again what that one refuses."""
        owner = await settled(moving)
        old = moving.balancer.processes[0]
        moving.balancer.processes = moving.balancer.processes[1:]
        await moving.deploy({}, processes=1)
        moving.balancer.processes.append(old)
        moved, said = await raced(moving, 5)
        await moving.settle()
        moving.balancer.processes.remove(old)
        await old.close()
        said.append(await moving.update())
        await moving.again()
        await moving.settle(minutes=5)
        assert await moving.handled(await moving.by_forge(moved)) == dict.fromkeys(said, 1)
        assert (await moving.by_forge(moved)).id == owner

    async def test_without_connect_modules_is_joined_by_the_sites_property(self, moving: Moving) -> None:
        """Nobody tells of the end of the Connect part: the site says which client it was."""
        owner = await settled(moving)
        await moving.deploy({"connect": {"key": KEY, "modules": False}})
        moved, said = await raced(moving, 5)
        await moving.again()
        await moving.settle()
        said.append(await moving.update())
        await moving.again()
        await moving.settle(minutes=5)
        tenant = await moving.by_forge(moved)
        assert tenant.id == owner
        assert await moving.kept(tenant) == ("kept", "kept")
        assert await moving.handled(await moving.by_forge(moved)) == dict.fromkeys(said, 1)

    async def test_keeps_the_api_tokens_of_programs_and_revives_none(self, moving: Moving) -> None:
        """An install anew ends them, but the one by which a site goes on in an app."""
        owner = await settled(moving)
        ended = await moving.one.api_tokens.create(await moving.by_connect(), NOBODY)
        await moving.install_connect()
        token = await moving.one.api_tokens.create(await moving.by_connect(), NOBODY)
        await moving.deploy({})
        await moving.move()
        await moving.settle()
        assert (await moving.one.api_tokens.verify(token)).tenant.id == owner
        with pytest.raises(NoApiToken):
            await moving.one.api_tokens.verify(ended)


class TestAfterIt:
    async def test_events_of_forge_alone_are_enough(self, moving: Moving) -> None:
        await settled(moving)
        await moving.deploy({"connect": {"events": "forge"}})
        moved = await moving.move()
        moving.balancer.requests.clear()
        said = [await moving.update() for _ in range(3)]
        await moving.settle(minutes=5)
        assert await moving.handled(await moving.by_forge(moved)) == dict.fromkeys(said, 1)
        assert moving.balancer.statuses("/jira/webhook/") == set()
        assert (await moving.by_forge(moved)).is_installed

    async def test_the_way_back_by_one_line_hears_by_connect_alone(self, moving: Moving) -> None:
        owner = await settled(moving)
        await moving.deploy({})
        moved = await moving.move()
        said = [await moving.update()]
        await moving.deploy({"connect": {"events": "connect"}})
        await moving.devhost.forge.upgrade(moved, moving.manifest, major=False, variables=moving.variables)
        moving.balancer.requests.clear()
        said += await asyncio.gather(*(moving.update() for _ in range(4)))
        await moving.settle(minutes=5)
        assert await moving.handled(await moving.by_forge(moved)) == dict.fromkeys(said, 1)
        assert moving.balancer.statuses("/forge/events") == set()
        assert (await moving.by_forge(moved)).id == owner

    async def test_a_customers_way_back_is_a_new_install(self, moving: Moving) -> None:
        """Uninstalling the app ends both parts, with one goodbye; the descriptor begins anew."""
        owner = await settled(moving)
        await moving.deploy({})
        moved = await moving.move()
        await moving.devhost.forge.uninstall(moved)
        await moving.settle(minutes=60)
        assert [tenant for _, tenant in moving.noted.of("uninstalled")] == [owner]
        await moving.install_connect()
        await moving.settle(minutes=60)
        said = await moving.update()
        await moving.settle()
        after = await moving.by_connect()
        assert after.is_installed
        assert [(one, tenant) for one, _, tenant in moving.noted.events] == [(said, after.id)]
        assert await moving.kept(after) == (None, "unset")

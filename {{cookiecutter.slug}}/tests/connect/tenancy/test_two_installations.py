"""A tenant with two installations: it lives as long as one of them does, and what it has is theirs together."""

import asyncio

from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.tenancy.entries import PURGE
from app.connect.tenancy.tenant import NOBODY, TenantState, Uninstalled
from tests.connect.conftest import Start
from tests.connect.contents import every_row, fill, rows_of
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import add_way_in, tenant_of
from tests.connect.waiting import until


class TestTwoInstallations:
    async def test_share_what_the_tenant_has(self, probed: ProbedAddon) -> None:
        one = await probed.tenant(await probed.install())
        two = await add_way_in(probed, one, "two")
        contexts = probed.parts.contexts
        await contexts.open(one, NOBODY).store.set("key", "kept")
        await contexts.open(one, NOBODY).memo.set("failing", 3)
        assert await contexts.open(two, NOBODY).store.get("key") == "kept"
        entry = await probed.parts.directory.find("hipchat", "two")
        assert entry is not None
        assert contexts.open(entry.tenant, NOBODY).memo.get("failing") == 3

    async def test_both_carry_a_change_of_the_memo_to_other_processes(self, probed: ProbedAddon, start: Start) -> None:
        one = await probed.tenant(await probed.install())
        await add_way_in(probed, one, "two")
        other = start()
        assert await other.parts.directory.find("hipchat", "two") is not None
        following = asyncio.create_task(other.parts.directory.run())
        await probed.parts.contexts.open(one, NOBODY).memo.set("failing", 3)

        async def is_known() -> bool:
            entry = await other.parts.directory.find("hipchat", "two")
            return entry is not None and entry.tenant.memo_json == '{"failing": 3}'

        await until(is_known)
        other.parts.directory.stop()
        await following

    async def test_uninstalling_one_keeps_the_tenant(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        one = await probed.tenant(installation)
        await add_way_in(probed, one, "two")
        await fill(probed, one, one.id)
        before = await rows_of(probed, one.id)
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("two"))
        for _ in range(3):
            await probed.settle()
            await probed.parts.endings.purge(one)
        assert (await tenant_of(probed, "two")).state is TenantState.UNINSTALLED
        assert (await probed.tenant(installation)).is_installed
        after = await rows_of(probed, one.id)
        assert [len(rows) for rows in after.values()] == [len(rows) for rows in before.values()]
        assert after["store_items"] == before["store_items"]
        assert after["tenants"] == before["tenants"]
        assert "uninstalled" not in probed.probe.names
        assert await probed.entries(PURGE) == []
        assert (await probed.say()).status == 204

    async def test_uninstalling_both_ends_and_purges_the_tenant(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        one = await probed.tenant(installation)
        two = await add_way_in(probed, one, "two")
        await fill(probed, one, one.id)
        await probed.parts.tokens["hipchat"].deposit(two, Wanted(), GrantedToken("pushed", 3600.0))
        await probed.parts.serving.api_tokens.create(two, NOBODY)
        for key in ("two", installation.client_id):
            await probed.parts.lifecycle.apply("hipchat", Uninstalled(key))
        await probed.settle()
        assert probed.probe.names.count("uninstalled") == 1
        for _ in range(3):
            await probed.let_time_pass()
            await probed.settle()
        assert await rows_of(probed, one.id) == {}
        left = repr(await every_row(probed))
        assert installation.client_id not in left
        assert one.installation_id not in left

    async def test_uninstalling_both_at_once_ends_the_tenant(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await probed.install()
        for number in range(5):
            one = await probed.tenant(installation)
            two = await add_way_in(probed, one, f"two-{number}")
            await asyncio.gather(probed.parts.endings.uninstall(one), other.parts.endings.uninstall(two))
            owner = [row for row in (await every_row(probed))["tenants"] if row.id == one.id]
            assert [row.state for row in owner] == ["uninstalled"]
            assert await probed.reinstall(installation) == 204

    async def test_installing_one_again_brings_the_tenant_back(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        one = await probed.tenant(installation)
        await add_way_in(probed, one, "two")
        for key in ("two", installation.client_id):
            await probed.parts.lifecycle.apply("hipchat", Uninstalled(key))
        assert await probed.reinstall(installation) == 204
        for _ in range(3):
            await probed.settle()
            await probed.let_time_pass()
        assert (await probed.tenant(installation)).is_installed
        assert (await probed.tenant(installation)).id == one.id
        assert (await tenant_of(probed, "two")).state is TenantState.UNINSTALLED

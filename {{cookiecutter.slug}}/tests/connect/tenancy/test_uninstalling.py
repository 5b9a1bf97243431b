"""The end of a tenant: nothing of it runs any more, its add-on says goodbye, and every row of it goes."""

import asyncio

from sqlalchemy import update

from app.connect import Context
from app.connect.hosts.hipchat import HipChatContext
from app.connect.tenancy.entries import CHECK_HINT, DOUBTS, PURGE, UNINSTALLED
from app.connect.tenancy.tenant import TenantState
from app.connect.work.rows import InboxRow, Status
from tests.connect.conftest import Start
from tests.connect.contents import every_row, fill, rows_of
from tests.connect.probe import ProbedAddon


class TestUninstalling:
    async def test_runs_on_uninstalled_and_no_other_handler(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.parts.endings.uninstall(await probed.tenant(installation))
        await probed.settle()
        assert probed.probe.names == ["installed", "uninstalled"]

    async def test_keeps_what_was_accepted_before_from_running(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.parts.endings.uninstall(await probed.tenant(installation))
        await probed.settle()
        assert "message" not in probed.probe.names

    async def test_leaves_no_row_of_the_tenant_in_any_table(self, probed: ProbedAddon) -> None:
        gone, kept = await probed.install(room_id=1), await probed.install(room_id=2)
        gone_tenant, kept_tenant = await probed.tenant(gone), await probed.tenant(kept)
        for tenant in (gone_tenant, kept_tenant):
            await fill(probed, tenant, tenant.id)
        assert set(await rows_of(probed, gone_tenant.id)) >= {
            "access_tokens",
            "api_tokens",
            "inbox",
            "installations",
            "store_items",
            "tenants",
        }
        kept_rows = await rows_of(probed, kept_tenant.id)
        await probed.parts.endings.uninstall(gone_tenant)
        await probed.settle()
        # Only the purge: what the other tenant has shall not move.
        await probed.change(update(InboxRow).where(InboxRow.name == PURGE).values(due_at=0.0))
        await probed.settle()
        assert probed.probe.names.count("uninstalled") == 1
        assert await rows_of(probed, gone_tenant.id) == {}
        assert gone.client_id not in repr(await every_row(probed))
        assert await rows_of(probed, kept_tenant.id) == kept_rows

    async def test_is_still_asked_for_after_the_host_was_away_for_long(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        probed.devhost.host.faults.down()
        await probed.devhost.host.uninstall(installation.client_id)
        for _ in range(10):
            await probed.let_time_pass()
            await probed.settle()
        [entry] = await probed.entries(CHECK_HINT)
        assert (entry.status, entry.attempts) == (Status.NEW, 0)
        assert entry.last_error is not None
        assert (await probed.tenant(installation)).is_installed
        probed.devhost.host.faults.clear()
        await probed.pass_time(minutes=2)
        assert (await probed.tenant(installation)).is_in_doubt

    async def test_purges_only_after_every_process_has_seen_it(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.parts.endings.uninstall(await probed.tenant(installation))
        await probed.settle()
        [entry] = await probed.entries(PURGE)
        assert entry.status == Status.NEW
        assert entry.due_at > entry.created_at
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED

    async def test_is_found_out_by_the_hosts_refusal_alone(self, probed: ProbedAddon) -> None:
        async def call_the_host(ctx: Context) -> None:
            assert isinstance(ctx, HipChatContext)
            await ctx.room.notify("anybody there?")

        installation = await probed.install()
        probed.probe.acts["message"] = call_the_host
        await probed.say()
        await probed.devhost.host.uninstall(installation.client_id, delete=False, browser=False)
        await probed.settle()
        assert (await probed.tenant(installation)).is_in_doubt
        for _ in range(2 + len(DOUBTS)):
            await probed.let_time_pass()
            await probed.settle()
        assert probed.probe.names[-1] == "uninstalled"

    async def test_says_goodbye_once_when_two_checks_find_it_out(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await asyncio.gather(*(probed.parts.endings.uninstall(tenant) for _ in range(4)))
        await probed.settle()
        assert len(await probed.entries(UNINSTALLED)) == 1
        assert probed.probe.names == ["installed", "uninstalled"]

    async def test_purges_although_the_goodbye_fails(self, probed: ProbedAddon) -> None:
        async def fail(_: Context) -> None:
            raise RuntimeError("goodbye cannot be said")

        installation = await probed.install()
        tenant = await probed.tenant(installation)
        probed.probe.acts["uninstalled"] = fail
        await probed.parts.endings.uninstall(tenant)
        for _ in range(3):
            await probed.pass_time(minutes=45)
        assert await rows_of(probed, tenant.id) == {}

    async def test_can_be_followed_by_a_new_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.leave(installation)
        assert installation.client_id not in repr(await every_row(probed))
        assert probed.probe.names == ["installed", "uninstalled"]
        again = await probed.install()
        assert (await probed.tenant(again)).generation == 1
        assert (await probed.say()).status == 204

    async def test_is_forgotten_when_the_tenant_is_installed_again_before_the_purge(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await probed.parts.endings.uninstall(tenant)
        await probed.settle()
        assert await probed.reinstall(installation) == 204
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).is_installed
        assert (await probed.say()).status == 204

    async def test_never_purges_a_tenant_that_is_being_installed_again(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await probed.install()
        for _ in range(5):
            tenant = await probed.tenant(installation)
            await probed.parts.endings.uninstall(tenant)
            answer, _ = await asyncio.gather(probed.reinstall(installation), other.parts.endings.purge(tenant))
            assert answer == 204
            left = await rows_of(probed, (await probed.tenant(installation)).id)
            assert (await probed.tenant(installation)).is_installed
            assert "inbox" in left

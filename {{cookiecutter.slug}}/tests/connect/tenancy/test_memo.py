"""The memo: what a glance shows is known by heart in every process, a moment after it changed."""

import asyncio
import math

import pytest
from sqlalchemy import delete

from app.connect.tenancy.memo import MAX_MEMO, Memo, MemoFull
from app.connect.tenancy.tables import TenantRow
from app.connect.tenancy.tenant import NOBODY, Tenant
from devhost.world.installations import Installation
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon
from tests.connect.waiting import until


def memo_of(process: ProbedAddon, tenant: Tenant) -> Memo:
    return process.parts.contexts.open(tenant, NOBODY).memo


async def known(process: ProbedAddon, installation: Installation) -> Memo:
    """Return the memo as a request to this process would find it."""
    entry = await process.parts.directory.find("hipchat", installation.client_id)
    assert entry is not None
    return memo_of(process, entry.tenant)


class TestMemo:
    async def test_gives_back_what_was_set(self, probed: ProbedAddon) -> None:
        memo = memo_of(probed, await probed.tenant(await probed.install()))
        await memo.set("failing", 3)
        await memo.set("names", ["web", "nul\0 \ud800 😀"])
        assert (memo.get("failing"), memo.get("names")) == (3, ["web", "nul\0 \ud800 😀"])
        assert memo.get("absent", "default") == "default"

    async def test_is_known_to_the_next_request_of_this_process(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await (await known(probed, installation)).set("failing", 3)
        assert (await known(probed, installation)).get("failing") == 3

    async def test_is_soon_known_to_other_processes(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        other = start()
        following = asyncio.create_task(other.parts.directory.run())
        assert (await known(other, installation)).get("failing") is None
        await (await known(probed, installation)).set("failing", 3)

        async def is_known() -> bool:
            failing: object = (await known(other, installation)).get("failing")
            return failing == 3

        await until(is_known)
        other.parts.directory.stop()
        await following

    async def test_keeps_both_of_two_facts_that_are_set_at_once(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        other = start()
        await asyncio.gather(
            *(memo_of((probed, other)[number % 2], tenant).set(f"fact-{number}", number) for number in range(10))
        )
        memo = memo_of(probed, await probed.tenant(installation))
        assert [memo.get(f"fact-{number}") for number in range(10)] == list(range(10))

    async def test_is_the_tenants_own(self, probed: ProbedAddon) -> None:
        one, two = await probed.install(room_id=1), await probed.install(room_id=2)
        await (await known(probed, one)).set("failing", 3)
        assert (await known(probed, two)).get("failing") is None

    async def test_outlives_a_new_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await (await known(probed, installation)).set("failing", 3)
        await probed.reinstall(installation)
        assert (await known(probed, installation)).get("failing") == 3

    async def test_can_be_set_while_the_tenant_is_installed_again(self, probed: ProbedAddon, start: Start) -> None:
        installation = await probed.install()
        memo = memo_of(start(), await probed.tenant(installation))
        for number in range(8):
            status, _ = await asyncio.gather(probed.reinstall(installation), memo.set("number", number))
            assert status == 204
            assert (await known(probed, installation)).get("number") == number

    async def test_is_refused_beyond_its_limit_and_stays_as_it_was(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        memo = await known(probed, installation)
        await memo.set("failing", 3)
        with pytest.raises(MemoFull):
            await memo.set("long", "x" * MAX_MEMO)
        assert (await known(probed, installation)).get("failing") == 3
        assert (await known(probed, installation)).get("long") is None

    async def test_is_refused_what_is_not_json(self, probed: ProbedAddon) -> None:
        memo = await known(probed, await probed.install())
        for value in (math.nan, b"bytes"):
            with pytest.raises((ValueError, TypeError)):
                await memo.set("failing", value)
        assert memo.get("failing") is None

    async def test_of_a_tenant_that_is_gone_is_forgotten_quietly(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        memo = memo_of(probed, tenant)
        await probed.change(delete(TenantRow).where(TenantRow.id == tenant.id))
        await memo.set("failing", 3)
        assert memo.get("failing") is None

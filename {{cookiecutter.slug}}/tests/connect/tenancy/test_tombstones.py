"""Installs from before an uninstall: whenever they come, they bring nothing back."""

import asyncio
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.connect.errors import InstallRefused
from app.connect.tenancy.tables import EndedRow
from app.connect.tenancy.tenant import Change, Installed, TenantState, Uninstalled
from app.connect.tenancy.tombstones import KEPT, erase_tombstones, set_tombstone
from tests.connect.contents import every_row
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import installed, tenant_of
from tests.connect.waiting import until

NOW = 2_000_000_000.0


def of(moment: float, client_key: str = "client") -> Installed:
    return replace(installed(client_key), event_at=moment)


async def try_all(probed: ProbedAddon, *changes: Change) -> list[bool]:
    """Apply them in order; say which were taken."""
    taken = []
    for change in changes:
        try:
            await probed.parts.lifecycle.apply("hipchat", change)
        except InstallRefused:
            taken.append(False)
        else:
            taken.append(True)
    return taken


async def is_known(probed: ProbedAddon, client_key: str = "client") -> bool:
    known = await probed.parts.lifecycle.known("hipchat", client_key)
    return known is not None and known.tenant.state is not TenantState.UNINSTALLED


class TestInstall:
    async def test_from_before_an_uninstall_is_refused(self, probed: ProbedAddon) -> None:
        changes = of(NOW), Uninstalled("client", NOW + 10), of(NOW + 9)
        assert await try_all(probed, *changes) == [True, True, False]
        assert (await tenant_of(probed)).state is TenantState.UNINSTALLED

    async def test_from_before_is_refused_when_nothing_of_the_tenant_is_left(self, probed: ProbedAddon) -> None:
        await try_all(probed, of(NOW), Uninstalled("client", NOW + 10))

        async def is_purged() -> bool:
            await probed.settle()
            return await probed.parts.lifecycle.known("hipchat", "client") is None

        await until(is_purged)
        assert await try_all(probed, of(NOW + 9)) == [False]
        rows = await every_row(probed)
        assert rows["tenants"] == rows["installations"] == []

    async def test_from_before_is_refused_where_the_uninstall_came_first(self, probed: ProbedAddon) -> None:
        assert await try_all(probed, Uninstalled("client", NOW + 10), of(NOW)) == [True, False]
        assert not await is_known(probed)

    @pytest.mark.parametrize("after", [0, 1])
    async def test_of_the_same_moment_or_later_is_taken(self, probed: ProbedAddon, after: float) -> None:
        changes = of(NOW), Uninstalled("client", NOW + 10), of(NOW + 10 + after)
        assert await try_all(probed, *changes) == [True, True, True]
        assert (await tenant_of(probed)).state is TenantState.INSTALLED

    async def test_of_another_installation_is_taken(self, probed: ProbedAddon) -> None:
        await try_all(probed, Uninstalled("client", NOW + 10))
        assert await try_all(probed, of(NOW, "another")) == [True]

    async def test_that_says_no_moment_is_taken(self, probed: ProbedAddon) -> None:
        assert await try_all(probed, Uninstalled("client", NOW), installed()) == [True, True]

    @pytest.mark.parametrize("place", range(3))
    async def test_before_and_one_after_an_uninstall_end_as_the_newest(self, probed: ProbedAddon, place: int) -> None:
        changes: list[Change] = [of(NOW), of(NOW + 9)]
        changes.insert(place, Uninstalled("client", NOW + 5))
        await try_all(probed, *changes)
        assert await is_known(probed)

    async def test_and_its_uninstall_at_once_leave_nothing(self, probed: ProbedAddon) -> None:
        """One sees the other, whichever is first: the tombstone is written before the look, the install before it."""
        names = [f"client-{number}" for number in range(12)]
        await asyncio.gather(
            *(try_all(probed, change) for name in names for change in (of(NOW, name), Uninstalled(name, NOW + 5)))
        )
        assert [name for name in names if await is_known(probed, name)] == []


class TestUninstall:
    async def test_from_before_a_new_install_that_it_did_not_see_ends_nothing(self, probed: ProbedAddon) -> None:
        await try_all(probed, of(NOW))
        seen = await tenant_of(probed)
        await try_all(probed, of(NOW + 10))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("client", NOW + 5), proved=seen)
        assert (await tenant_of(probed)).state is TenantState.INSTALLED

    async def test_from_after_an_install_that_it_did_not_see_ends_it(self, probed: ProbedAddon) -> None:
        await try_all(probed, of(NOW))
        seen = await tenant_of(probed)
        await try_all(probed, of(NOW + 1))
        await probed.parts.lifecycle.apply("hipchat", Uninstalled("client", NOW + 5), proved=seen)
        assert (await tenant_of(probed)).state is TenantState.UNINSTALLED


class TestTombstone:
    async def test_names_nobody_and_keeps_the_latest_end(self, probed: ProbedAddon) -> None:
        for moment in (NOW, NOW + 5, NOW + 3):
            await try_all(probed, Uninstalled("client-of-somebody", moment))
        [row] = (await every_row(probed))["ended_installations"]
        assert row.event_at == NOW + 5
        assert "client-of-somebody" not in str(row)

    async def test_is_erased_after_a_day(self, probed: ProbedAddon) -> None:
        for name, age in (("old", KEPT + 60), ("young", KEPT - 60)):
            await set_tombstone(probed.parts.database, "hipchat", name, time.time() - age)
        await erase_tombstones(probed.parts.database)
        async with probed.parts.database.session() as session:
            assert await session.scalar(select(func.count()).select_from(EndedRow)) == 1

    @pytest.mark.usefixtures("house_at_once")
    async def test_is_erased_by_the_worker(self, probed: ProbedAddon) -> None:
        await set_tombstone(probed.parts.database, "hipchat", "old", time.time() - KEPT - 60)

        async def is_erased() -> bool:
            return not (await every_row(probed))["ended_installations"]

        working = asyncio.create_task(probed.parts.worker.run())
        await until(is_erased)
        await probed.parts.worker.stop()
        await working

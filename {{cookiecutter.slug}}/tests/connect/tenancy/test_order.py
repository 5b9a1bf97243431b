"""Changes that a host dates: whatever order they come in, the newest one decides."""

from dataclasses import replace
from itertools import permutations

import pytest

from app.connect.tenancy.tenant import Change, Resumed, Suspended, TenantState, Uninstalled
from tests.connect.contents import every_row
from tests.connect.probe import ProbedAddon
from tests.connect.tenancy.changes import installed, tenant_of

FIRST = replace(installed(), event_at=100.0)
PAUSED, RESUMED, PAUSED_AGAIN = Suspended("client", 110.0), Resumed("client", 120.0), Suspended("client", 130.0)


class TestPauses:
    @pytest.mark.parametrize("order", list(permutations([PAUSED, RESUMED, PAUSED_AGAIN])), ids=str)
    async def test_in_any_order_end_as_the_newest_says(self, probed: ProbedAddon, order: tuple[Change, ...]) -> None:
        for change in (FIRST, *order):
            await probed.parts.lifecycle.apply("hipchat", change)
        assert (await tenant_of(probed)).state is TenantState.SUSPENDED

    @pytest.mark.parametrize("order", list(permutations([PAUSED, RESUMED])), ids=str)
    async def test_that_was_taken_back_is_over(self, probed: ProbedAddon, order: tuple[Change, ...]) -> None:
        for change in (FIRST, *order):
            await probed.parts.lifecycle.apply("hipchat", change)
        assert (await tenant_of(probed)).state is TenantState.INSTALLED

    async def test_from_before_the_install_is_ignored(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", FIRST)
        await probed.parts.lifecycle.apply("hipchat", Suspended("client", 99.0))
        assert (await tenant_of(probed)).state is TenantState.INSTALLED

    async def test_of_the_same_moment_counts_as_it_comes(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", FIRST)
        await probed.parts.lifecycle.apply("hipchat", Suspended("client", 100.0))
        assert (await tenant_of(probed)).state is TenantState.SUSPENDED

    @pytest.mark.parametrize("order", list(permutations([PAUSED, Uninstalled("client")])), ids=str)
    async def test_and_an_uninstall_in_either_order_are_an_uninstall(
        self, probed: ProbedAddon, order: tuple[Change, ...]
    ) -> None:
        for change in (FIRST, *order, RESUMED):
            await probed.parts.lifecycle.apply("hipchat", change)
        assert (await tenant_of(probed)).state is TenantState.UNINSTALLED


class TestInstall:
    async def test_that_may_move_comes_from_another_origin(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        before = await tenant_of(probed)
        moved = replace(installed(origin="https://renamed.example"), may_move=True)
        await probed.parts.lifecycle.apply("hipchat", moved)
        after = await tenant_of(probed)
        assert (after.id, after.generation, after.origin) == (before.id, 2, "https://renamed.example")

    async def test_is_left_alone_where_what_is_stored_is_newer(self, probed: ProbedAddon) -> None:
        await probed.parts.lifecycle.apply("hipchat", installed())
        await probed.settle()
        before, seen = await every_row(probed), []

        def is_newer(tenant: object) -> bool:
            seen.append(tenant)
            return True

        await probed.parts.lifecycle.apply("hipchat", replace(installed(secret="n" * 40), unless=is_newer))
        assert await every_row(probed) == before
        assert seen == [await tenant_of(probed)]

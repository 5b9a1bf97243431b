"""The end of installations: a hint is asked about, a refusal more than once, a proof is believed, all rows go."""

import pytest

from app.conformance.case import Guest, HintsUninstalls, ProvesUninstalls
from app.conformance.stage import Stage
from app.connect.tenancy.entries import DOUBTS
from app.connect.tenancy.tenant import NOBODY, TenantState


async def _live(stage: Stage) -> tuple[Guest, str]:
    """Install a tenant, let it leave rows everywhere, and return it with its tenant id."""
    guest = await stage.install()
    await stage.deliver(guest, 1)
    await stage.settle()
    tenant = await stage.tenant(guest)
    assert tenant is not None
    async with stage.application.contexts.open(tenant, NOBODY) as ctx:
        await ctx.store.set("kept", "until the end")
    return guest, tenant.id


async def _doubt(stage: Stage, guest: Guest) -> None:
    """Let the host refuse a guest once, after a hint."""
    _hints(stage).forget(guest)
    assert (await stage.send(_hints(stage).hint(guest))).status == 204
    await stage.settle(rounds=1)
    tenant = await stage.tenant(guest)
    assert tenant is not None
    assert tenant.state is TenantState.SUSPENDED


async def _assert_nothing_is_left(stage: Stage, guest: Guest, tenant_id: str) -> None:
    rows = await stage.rows()
    left = {
        table: [row for row in found if tenant_id in row or guest.client_key in row] for table, found in rows.items()
    }
    assert {table: found for table, found in left.items() if found} == {}
    assert stage.ran[-1] == ("uninstalled", guest.client_key)
    assert (await stage.enter(guest)).status == 401


@pytest.mark.asyncio
class HintedUninstalls:
    """For a `HintsUninstalls` case: only the host's own word ends an installation."""

    async def test_hint_alone_ends_nothing(self, stage: Stage) -> None:
        guest, _ = await _live(stage)
        assert (await stage.send(_hints(stage).hint(guest))).status == 204
        await stage.settle()
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert tenant.state is TenantState.INSTALLED
        assert (await stage.enter(guest)).status == 200

    async def test_first_refusal_suspends_and_keeps_what_the_host_delivers(self, stage: Stage) -> None:
        guest, _ = await _live(stage)
        heard = len(stage.heard)
        await _doubt(stage, guest)
        assert (await stage.enter(guest)).status == 401
        assert (await stage.deliver(guest, 2)).status == 204
        await stage.settle(rounds=1)
        assert len(stage.heard) == heard

    async def test_good_answer_restores_and_runs_what_was_kept(self, stage: Stage) -> None:
        guest, tenant_id = await _live(stage)
        await _doubt(stage, guest)
        assert (await stage.deliver(guest, 2)).status == 204
        _hints(stage).remember(guest)
        await stage.settle(rounds=2)
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert (tenant.id, tenant.state, tenant.generation) == (tenant_id, TenantState.INSTALLED, 1)
        assert stage.heard[-1] == (guest.client_key, "event 2")
        assert (await stage.enter(guest)).status == 200

    async def test_hint_that_the_host_confirms_to_the_last_purges_every_row(self, stage: Stage) -> None:
        guest, tenant_id = await _live(stage)
        await _doubt(stage, guest)
        for _ in DOUBTS:
            assert await stage.tenant(guest) is not None
            assert stage.ran[-1] != ("uninstalled", guest.client_key)
            await stage.settle(rounds=1)
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert tenant.state is TenantState.UNINSTALLED
        await stage.settle()
        await _assert_nothing_is_left(stage, guest, tenant_id)

    async def test_hint_about_a_stranger_says_nothing(self, stage: Stage) -> None:
        guest, stranger = await stage.install(), await stage.case.guest()
        answers, works = [], []
        for one in (guest, stranger):
            with stage.counting() as statements:
                answers.append(await stage.send(_hints(stage).hint(one)))
            works.append(list(statements))
        known, unknown = answers
        assert (known.status, known.body) == (unknown.status, unknown.body)
        assert works[0] == works[1], "what is looked up tells by its time whether there is such an installation"


@pytest.mark.asyncio
class ProvenUninstalls:
    """For a `ProvesUninstalls` case: the signed word ends it at once."""

    async def test_proof_purges_every_row(self, stage: Stage) -> None:
        guest, tenant_id = await _live(stage)
        assert (await stage.send(_proves(stage).uninstall(guest))).status == 204
        assert (await stage.enter(guest)).status == 401
        await stage.settle()
        await _assert_nothing_is_left(stage, guest, tenant_id)

    async def test_others_stay(self, stage: Stage) -> None:
        guest, other = await stage.install(), await stage.install()
        await stage.send(_proves(stage).uninstall(guest))
        await stage.settle()
        assert (await stage.enter(other)).status == 200


def _hints(stage: Stage) -> HintsUninstalls:
    assert isinstance(stage.case, HintsUninstalls)
    return stage.case


def _proves(stage: Stage) -> ProvesUninstalls:
    assert isinstance(stage.case, ProvesUninstalls)
    return stage.case

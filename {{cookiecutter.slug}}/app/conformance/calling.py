"""Calls to the host: one access token for all who want it, never another tenant's; administrators, remembered."""

import asyncio

import pytest

from app.conformance.case import Enrols, Grants, TellsAdministrators
from app.conformance.sending import Received, Sent
from app.conformance.stage import ADMIN_PATH, Stage
from app.connect.network.tokens import Wanted
from app.connect.tenancy.tenant import TenantState


@pytest.mark.asyncio
class Granting:
    """For a `Grants` case."""

    async def test_many_who_want_a_token_share_one_flight(self, stage: Stage) -> None:
        guest = await stage.install()
        before = len(_grants(stage).granted(guest))
        tenant, tokens = await stage.tenant(guest), stage.application.tokens[stage.case.name]
        assert tenant is not None
        got = await asyncio.gather(*(tokens.get(tenant, Wanted()) for _ in range(10)))
        got.append(await tokens.get(tenant, Wanted()))
        granted = _grants(stage).granted(guest)[before:]
        assert len(granted) == 1
        assert set(got) == set(granted)

    async def test_no_tenant_gets_anothers_token(self, stage: Stage) -> None:
        guests = [await stage.install(), await stage.install()]
        tokens = stage.application.tokens[stage.case.name]
        for guest in guests:
            tenant = await stage.tenant(guest)
            assert tenant is not None
            assert await tokens.get(tenant, Wanted()) in _grants(stage).granted(guest)

    async def test_renewed_installation_asks_anew(self, stage: Stage) -> None:
        guest = await stage.install()
        tokens = stage.application.tokens[stage.case.name]
        before = await stage.tenant(guest)
        assert before is not None
        first = await tokens.get(before, Wanted())
        await stage.send(stage.case.renew(guest))
        after = await stage.tenant(guest)
        assert after is not None
        assert await tokens.get(after, Wanted()) != first


@pytest.mark.asyncio
class Administering:
    """For a `TellsAdministrators` case."""

    async def _ask(self, stage: Stage, token: str) -> Received:
        return await stage.send(Sent("GET", ADMIN_PATH).with_header("authorization", f"JWT {token}"))

    async def test_administrator_passes_and_others_do_not(self, stage: Stage) -> None:
        assert isinstance(stage.case, TellsAdministrators)
        guest = await stage.install()
        admin, other = stage.case.people()
        assert (await self._ask(stage, await stage.page_token(guest, user=admin))).status == 200
        assert (await self._ask(stage, await stage.page_token(guest, user=other))).status == 403

    async def test_answer_is_remembered_for_that_person(self, stage: Stage) -> None:
        assert isinstance(stage.case, TellsAdministrators)
        guest = await stage.install()
        admin, other = stage.case.people()
        tokens = {user: await stage.page_token(guest, user=user) for user in (admin, other)}
        for _ in range(2):
            await self._ask(stage, tokens[admin])
        asked = stage.case.asked()
        for _ in range(3):
            assert (await self._ask(stage, tokens[admin])).status == 200
        assert stage.case.asked() == asked
        assert (await self._ask(stage, tokens[other])).status == 403
        assert stage.case.asked() > asked


@pytest.mark.asyncio
class Enrolling:
    """For an `Enrols` case: a token makes an installation, and may bring an access token along."""

    async def test_newcomer_comes_into_being_once(self, stage: Stage) -> None:
        assert isinstance(stage.case, Enrols)
        guest = stage.case.newcomer()
        assert await stage.tenant(guest) is None
        for _ in range(2):
            assert (await stage.send(stage.case.introduce(guest, stage.module))).status == 200
        await stage.settle()
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert (tenant.state, tenant.generation) == (TenantState.INSTALLED, 1)
        assert stage.ran == [("installed", guest.client_key)]

    async def test_newcomer_whose_requests_come_at_once_comes_into_being_once(self, stage: Stage) -> None:
        assert isinstance(stage.case, Enrols)
        guest = stage.case.newcomer()
        introduced = [stage.case.introduce(guest, stage.module.with_query(f"a={number}")) for number in range(5)]
        answers = await stage.together(introduced)
        await stage.settle()
        assert {one.status for one in answers} == {200}
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert tenant.generation == 1
        assert stage.ran == [("installed", guest.client_key)]

    async def test_known_tenant_is_not_introduced_anew(self, stage: Stage) -> None:
        assert isinstance(stage.case, Enrols)
        guest = await stage.install()
        before = await stage.installations()
        assert (await stage.send(stage.case.introduce(guest, stage.module))).status == 401
        assert await stage.installations() == before

    async def test_pushed_access_token_is_the_one_that_calls_use(self, stage: Stage) -> None:
        assert isinstance(stage.case, Enrols)
        guest = stage.case.newcomer()
        pushed = "pushed-access-token-of-the-host"
        answer = await stage.send(stage.case.introduce(guest, stage.module, access_token=pushed))
        assert answer.status == 200
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert await stage.application.tokens[stage.case.name].get(tenant, Wanted()) == pushed
        assert pushed not in str(await stage.rows())


def _grants(stage: Stage) -> Grants:
    assert isinstance(stage.case, Grants)
    return stage.case

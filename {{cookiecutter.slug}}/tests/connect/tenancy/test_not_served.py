"""What is not served: whatever an earlier installation left behind, and a tenant that is not installed."""

import json

import pytest

from app.connect.pages.page_tokens import SETTINGS, Visit
from app.connect.tenancy.tenant import NOBODY, Caller, Tenant, TenantState
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import (
    signed,
)


def page_token(process: ProbedAddon, tenant: Tenant) -> str:
    """Make the token of a page of the tenant's."""
    return process.parts.page_tokens.issue(tenant, Caller("1", place="1"), Visit.begin(SETTINGS, None))


class TestWhatAnEarlierInstallationLeftBehind:
    async def test_page_tokens_are_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        headers = {"Authorization": f"JWT {page_token(probed, await probed.tenant(installation))}"}
        assert (await probed.http.post("/probe/signed", headers=headers)).status_code == 204
        await probed.reinstall(installation)
        assert (await probed.http.post("/probe/signed", headers=headers)).status_code == 401

    async def test_api_tokens_are_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        token = await probed.parts.serving.api_tokens.create(await probed.tenant(installation), NOBODY)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await probed.http.post("/probe/api", headers=headers)).status_code == 204
        await probed.reinstall(installation)
        assert (await probed.http.post("/probe/api", headers=headers)).status_code == 401
        assert await probed.parts.serving.api_tokens.count(await probed.tenant(installation)) == 0


class TestTenantThatIsNotInstalled:
    @pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.UNINSTALLED])
    async def test_is_served_nothing(self, probed: ProbedAddon, state: TenantState) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        token = await probed.parts.serving.api_tokens.create(tenant, NOBODY)
        await probed.set_state(installation, state)
        by_host = await signed(probed, installation)
        by_page = {"Authorization": f"JWT {page_token(probed, tenant)}"}
        assert (await probed.say()).status == 401
        assert (await probed.http.post("/probe/signed", headers=by_host)).status_code == 401
        assert (await probed.http.post("/probe/signed", headers=by_page)).status_code == 401
        api = await probed.http.post("/probe/api", headers={"Authorization": f"Bearer {token}"})
        assert api.status_code == 401
        await probed.settle()
        assert probed.probe.names == ["installed"]

    async def test_is_told_the_same_as_a_stranger(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        headers = await signed(probed, installation)
        await probed.set_state(installation, TenantState.SUSPENDED)
        suspended = await probed.http.post("/probe/signed", headers=headers)
        stranger = await probed.http.post("/probe/signed", headers={"Authorization": "JWT a.b.c"})
        own = [json.loads(answer.text)["error"] for answer in (suspended, stranger)]
        assert own[0] | {"request_id": ""} == own[1] | {"request_id": ""}

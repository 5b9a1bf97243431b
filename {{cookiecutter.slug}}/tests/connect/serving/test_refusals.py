"""Who is refused: everything that pretends to be a token of the host, and tenants that are gone."""

import time

import pytest

from app.connect.hosts.protocol import Asked, ProofKind
from app.connect.serving.proven import Claims
from app.connect.tenancy.tenant import TenantState
from devhost.world.broken import Forgery
from tests.connect.asking import (
    GLANCE,
    PANEL,
    ask,
    change_installation,
    header,
    host_token,
    install_again,
    signed,
    status,
    until_refused,
    without_request_id,
)
from tests.support.running import RunningAddon

LEGITIMATE = {Forgery.PRN, Forgery.INTEGER_SUB}
FORGERIES = sorted(set(Forgery) - LEGITIMATE)


class TestRefusals:
    async def test_every_forgery_gets_the_same_401(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        unknown = await ask(showcase, signed(installation, iss="nobody"))
        assert unknown.status_code == 401
        assert unknown.headers["www-authenticate"] == "JWT"
        for forgery in FORGERIES:
            forged = await ask(showcase, host_token(showcase, installation, forgery=forgery))
            assert without_request_id(forged) == without_request_id(unknown), forgery

    async def test_signed_claims_that_do_not_fit_get_it_too(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        unknown = await ask(showcase, signed(installation, iss="nobody"))
        for changes in (
            {"exp": None},
            {"exp": "9999999999"},
            {"exp": True},
            {"iat": None},
            {"iat": "0"},
            {"exp": 10**12},
            {"nbf": 10**10},
            {"sub": ["1"]},
            {"sub": True},
            {"sub": "x" * 65},
            {"sub": "1\x00"},
            {"sub": 1.5},
            {"context": "room 1"},
            {"context": [1]},
            {"context": {"room_id": {"id": 1}}},
            {"context": {"room_id": 2}},
            {"context": {"room_id": "1 "}},
        ):
            answer = await ask(showcase, signed(installation, **changes))
            assert without_request_id(answer) == without_request_id(unknown), changes

    async def test_no_token_gets_it_too(self, showcase: RunningAddon) -> None:
        unknown = await ask(showcase, signed(await showcase.install(), iss="nobody"))
        assert without_request_id(await showcase.http.get(GLANCE)) == without_request_id(unknown)

    async def test_secret_of_another_tenant_proves_nothing(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        assert await status(showcase, signed(lobby, secret=group.secret)) == 401
        assert await status(showcase, signed(group, secret=lobby.secret)) == 401

    async def test_pages_are_behind_the_same_door(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        good, forged = (host_token(showcase, installation, forgery=forgery) for forgery in (None, "wrong_key"))
        for path in (PANEL, "/hipchat/dialog/ask", "/hipchat/page/sheet", "/hipchat/settings"):
            assert (await ask(showcase, good, path)).status_code == 200, path
            assert (await ask(showcase, forged, path)).status_code == 401, path

    async def test_so_is_everything_that_changes_something(self, showcase: RunningAddon) -> None:
        forged = host_token(showcase, await showcase.install(), forgery="wrong_key")
        paths = (
            "webhook/said",
            "webhook/asked",
            "form/vote",
            "settings",
            "api-token",
            "api-token/revoke",
            "api-token/revoke-one",
            "api-token/revoke-of",
            "page-token",
        )
        for path in paths:
            signed_wrong = await showcase.http.post(f"/hipchat/{path}", params={"signed_request": forged})
            not_signed = await showcase.http.post(f"/hipchat/{path}")
            assert (signed_wrong.status_code, not_signed.status_code) == (401, 401), path

    async def test_api_token_and_signed_token_do_not_stand_in_for_each_other(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        api_token = await showcase.api_token(installation)
        body = {"name": "web", "number": 1}
        by_host = await showcase.http.post(
            "/showcase/report", json=body, headers=header(host_token(showcase, installation))
        )
        assert by_host.status_code == 401
        assert await status(showcase, api_token) == 401


class TestUninstalledTenant:
    async def test_is_refused_at_once(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await status(showcase, token) == 401
        assert await status(showcase, signed(installation)) == 401

    @pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.UNINSTALLED])
    async def test_every_state_but_installed_is_refused(self, showcase: RunningAddon, state: TenantState) -> None:
        installation = await showcase.install()
        await change_installation(showcase, installation, state=state)
        showcase.parts.forget(await showcase.tenant(installation))
        assert await status(showcase, signed(installation)) == 401


class TestRememberedTokens:
    """A token that was verified is not verified again; that must never outlive the tenant as it was."""

    async def test_goes_when_the_secret_changes(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        installation.secret = "another-secret-of-the-same-client-0123456789"
        await install_again(showcase, installation)
        assert await status(showcase, token) == 200
        await change_installation(showcase, installation, previous_until=time.time())
        assert (await until_refused(showcase, token)).status_code == 401
        assert await status(showcase, host_token(showcase, installation)) == 200

    async def test_speaks_of_the_new_installation_after_a_repeat(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        asked = Asked("GET", b"/", f"jwt={token}".encode(), (), ProofKind.ENTRY, "glance", "status")
        host, authenticator = showcase.parts.hosts["hipchat"], showcase.parts.authenticator
        before = await authenticator.by_host(host, asked)
        repeated = await authenticator.by_host(host, asked)
        assert isinstance(repeated.proof.claims, Claims)
        assert (repeated.tenant, repeated.proof.caller) == (before.tenant, before.proof.caller)
        assert dict(repeated.proof.claims) == dict(before.proof.claims)
        await install_again(showcase, installation)
        again = await authenticator.by_host(host, asked)
        assert (before.tenant.generation, again.tenant.generation) == (1, 2)

    async def test_goes_when_another_process_uninstalls_the_tenant(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = host_token(showcase, installation)
        assert await status(showcase, token) == 200
        await change_installation(showcase, installation, state=TenantState.UNINSTALLED)
        assert (await until_refused(showcase, token)).status_code == 401

    async def test_goes_when_it_expires(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        nearly_over = int(time.time()) - 58
        token = signed(installation, iat=nearly_over - 60, exp=nearly_over)
        assert await status(showcase, token) == 200
        assert (await until_refused(showcase, token)).status_code == 401

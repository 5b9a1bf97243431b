"""The attacks that the devhost plays: a careful remote refuses each, and a careless one shows that they are real."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devhost.dialects.forge import attacks
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.attacks import ATTACKS
from devhost.dialects.forge.host import ForgeHost
from devhost.errors import HostError
from devhost.testing import Devhost
from tests.devhost.forge.remote import ORIGIN, Remote, manifest

WHY = {
    "no-token": "no token",
    "in-query": "no token",
    "huge": "no token",
    "no-algorithm": "algorithm",
    "hs256-modulus": "algorithm",
    "hs256-pem": "algorithm",
    "hs256-jwk": "algorithm",
    "own-key": "algorithm",
    "unknown-kid": "kid",
    "unknown-kids": "kid",
    "wrong-key": "signature",
    "tampered": "signature",
    "issuer": "issuer",
    "other-app": "audience",
    "audience": "audience",
    "audience-list": "audience",
    "audience-prefix": "audience",
    "app-id": "app",
    "environment": "environment",
    "expired": "expired",
    "no-exp": "expired",
    "not-yet": "begins later",
    "no-jti": "jti",
    "installation": "installation",
    "foreign-api": "api",
    "isolated": "isolated",
    "frontend-token": "module",
}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand requests are for people who want to see it."""
    monkeypatch.setattr(attacks, "UNKNOWN_KEYS", 20)


class TestAttack:
    def test_of_each_kind_is_known(self) -> None:
        assert WHY.keys() == ATTACKS.keys()

    @pytest.mark.parametrize("key", sorted(ATTACKS))
    async def test_is_refused_for_its_own_reason_by_a_remote_that_checks(
        self, forge: ForgeHost, installed: ForgeInstallation, remote: Remote, key: str
    ) -> None:
        remote.environments = {"DEVELOPMENT"}
        answer = await forge.attack(key, installed)
        assert (answer.status, answer.text) == (401, f'{{"error":"{WHY[key]}"}}')
        # What it attacks with is genuine but for that one thing.
        await forge.sites.update_issue("TP-1", status="Done")
        assert remote.heard[-1] == ("POST /forge/events", "ok")

    @pytest.mark.parametrize("key", sorted(ATTACKS))
    async def test_gets_through_where_nothing_is_checked(self, devhost: Devhost, forge: ForgeHost, key: str) -> None:
        async def anything(request: Request) -> Response:
            return JSONResponse({})

        devhost.serve(ORIGIN, Starlette(routes=[Route("/{path:path}", anything, methods=["GET", "POST"])]))
        installed = await forge.install(manifest())
        assert (await forge.attack(key, installed)).ok

    async def test_with_many_unknown_keys_counts_what_the_key_server_is_asked(
        self, forge: ForgeHost, installed: ForgeInstallation, remote: Remote
    ) -> None:
        before, asked = forge.state.jwks_reads, len(remote.heard)
        await forge.attack("unknown-kids", installed)
        # This remote remembers no keys.
        assert forge.state.jwks_reads - before == len(remote.heard) - asked == 20

    async def test_of_no_such_name_is_not_found(self, forge: ForgeHost, installed: ForgeInstallation) -> None:
        with pytest.raises(HostError, match="which is none of no-token"):
            await forge.attack("another", installed)

    async def test_needs_an_endpoint(self, forge: ForgeHost, remote: Remote) -> None:
        installed = await forge.install(manifest(modules={"trigger": []}))
        with pytest.raises(HostError, match="no trigger"):
            await forge.attack("no-token", installed)

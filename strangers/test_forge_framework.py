"""An add-on on atlassian-connect-express that goes on in Forge: the devhost moves a site, the framework joins it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.host import Host
from strangers.processes import serving
from tools.web import call

APP = "ari:cloud:ecosystem::app/0a1b2c3d-0000-4000-8000-00000000ace0"
KEY = "com.example.on-ace"
# What the framework does not look at, and so takes.
TAKEN = {"no-jti", "no-exp", "app-id", "environment", "foreign-api", "isolated", "audience-list", "frontend-token"}
REFUSED = ("no-token", "no-algorithm", "hs256-modulus", "hs256-pem", "hs256-jwk", "unknown-kid", "wrong-key", "own-key")
WRONG = ("tampered", "issuer", "other-app", "audience", "audience-prefix", "expired", "not-yet", "in-query")


@dataclass
class Moved:
    """The add-on after its site was moved, and what was known before."""

    url: str
    control: str
    installation: str
    before: str

    def heard(self) -> list[dict[str, Any]]:
        """List what it heard by Forge, oldest first."""
        return list(call("GET", f"{self.url}/heard").json())


def manifest(address: str) -> dict[str, Any]:
    """Return the members of its manifest."""
    return {
        "app": {"id": APP, "runtime": {"name": "nodejs22.x"}, "connect": {"key": KEY, "remote": "backend"}},
        "modules": {
            "endpoint": [
                {
                    "key": "events",
                    "remote": "backend",
                    "route": {"path": "/forge/events"},
                    "auth": {"appSystemToken": {"enabled": True}},
                }
            ],
            "trigger": [
                {"key": "all", "endpoint": "events", "events": ["avi:forge:installed:app", "avi:jira:updated:issue"]}
            ],
        },
        "connectModules": {"jira:lifecycle": [{"key": "life", "installed": "/installed"}]},
        "remotes": [{"key": "backend", "baseUrl": address}],
        "permissions": {"scopes": ["read:app-system-token", "read:jira-work", "read:connect-jira"]},
    }


@pytest.fixture(scope="module")
def moved(host: Host) -> Iterator[Moved]:
    """Install the add-on in Jira by its descriptor, and move the site."""
    settings = clean_settings(
        NODE_PATH=str(node_modules("forge-remote")),
        NODE_ENV="production",
        AC_HOST_WHITELIST="127.0.0.1",
        AC_APP_ID=APP.rpartition("/")[2],
        ADDON_KEY=KEY,
        CONNECT_KEYS_CDN_URL=f"{host.base_url}/install-keys",
        FORGE_JWKS_URL=f"{host.base_url}/.well-known/jwks.json",
    )

    def command(port: int) -> list[str]:
        return [find_node("node"), str(STRANGERS / "forge-remote" / "addon.js"), str(port)]

    with serving("forge-framework", command, path="/heard", settings=settings) as port:
        address, control = f"http://127.0.0.1:{port}", f"{host.control}/_devhost"
        url = f"{address}/atlassian-connect.json"
        installed = call("POST", f"{control}/sites/jira/install", body={"url": url})
        assert installed.status == 201, installed.text
        body = {"manifest": manifest(address), "move": True}
        made = call("POST", f"{control}/forge/install", body=body)
        assert made.status == 201, made.text
        yield Moved(address, control, made.json()["id"], installed.json()["client_key"])


class TestMove:
    def test_joins_the_installation_to_the_client_of_before(self, moved: Moved) -> None:
        first = moved.heard()[0]
        assert (first["event"], first["installation"]) == ("avi:forge:installed:app", moved.installation)
        assert first["clientKey"] == moved.before
        assert first["apiBaseUrl"].startswith(f"{moved.control.removesuffix('/_devhost')}/ex/jira/")

    def test_brings_events_whose_tokens_it_believes(self, moved: Moved) -> None:
        call("POST", f"{moved.control}/sites/jira/issues/TP-1", body={"status": "Done"})
        last = moved.heard()[-1]
        assert (last["event"], last["clientKey"]) == ("avi:jira:updated:issue", moved.before)

    def test_token_that_it_kept_calls_the_site(self, moved: Moved) -> None:
        last = moved.heard()[-1]
        headers = {"Authorization": f"Bearer {last['appToken']}"}
        assert call("GET", f"{last['apiBaseUrl']}/rest/api/3/issue/TP-1", headers=headers).status == 200


class TestAttack:
    @pytest.mark.parametrize("name", [*REFUSED, *WRONG])
    def test_is_refused(self, moved: Moved, name: str) -> None:
        assert attack(moved, name) == 401

    @pytest.mark.parametrize("name", sorted(TAKEN))
    def test_that_it_does_not_look_for_is_taken(self, moved: Moved, name: str) -> None:
        """So the devhost's token is right in everything that the framework looks at."""
        assert attack(moved, name) == 204


def attack(moved: Moved, name: str) -> int:
    ref = moved.installation.rpartition("/")[2]
    status: int = call("POST", f"{moved.control}/forge/{ref}/attack", body={"name": name}).json()["status"]
    return status

"""Forge over HTTP, for scripts."""

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.testing import Devhost
from tests.devhost.atlassian import foreign as connect
from tests.devhost.forge.remote import Remote, document, manifest
from tests.devhost.forge.test_lifecycle import Both, moving

START = "/_devhost/forge"


class TestControl:
    async def test_installs_lists_upgrades_and_uninstalls(self, devhost: Devhost, remote: Remote) -> None:
        made = await devhost.client.post(f"{START}/install", json={"manifest": manifest()})
        assert (made.status_code, made.json()["sites"]) == (201, ["jira"])
        ref = made.json()["id"].rpartition("/")[2]
        listed = (await devhost.client.get(START)).json()
        assert listed["jwks_url"] == "http://127.0.0.1:9000/.well-known/jwks.json"
        assert [one["state"] for one in listed["items"]] == ["installed"]
        upgraded = await devhost.client.post(f"{START}/{ref}/upgrade", json={"manifest": manifest()})
        assert upgraded.json()["version"] == "3.0.0"
        again = await devhost.client.post(f"{START}/{ref}/reinstall")
        assert again.json()["id"] != made.json()["id"]
        gone = await devhost.client.delete(f"{START}/{again.json()['id'].rpartition('/')[2]}")
        assert [one["status"] for one in gone.json()["items"]] == [200]

    async def test_says_why_an_install_was_refused(self, devhost: Devhost) -> None:
        refused = await devhost.client.post(f"{START}/install", json={"manifest": document(more=1)})
        assert (refused.status_code, "more: no member" in refused.text) == (422, True)

    async def test_moves_a_site_from_connect(self, devhost: Devhost, remote: Remote) -> None:
        addon = connect.ForeignAddon(devhost.transport)
        devhost.serve(connect.ORIGIN, Both(addon, remote))
        await devhost.sites.install(connect.DESCRIPTOR_URL)
        key = addon.tenant["clientKey"]
        made = await devhost.client.post(f"{START}/install", json={"manifest": moving(), "move": True})
        assert made.status_code == 201
        assert (addon.tenant["clientKey"], addon.tenant["installationId"]) == (key, made.json()["id"])

    async def test_invokes_fires_and_runs(self, devhost: Devhost, remote: Remote, installed: ForgeInstallation) -> None:
        ref = installed.number
        body = {"module": "panel", "path": "/forge/call/x", "method": "POST", "body": {"a": 1}, "issue": "TP-1"}
        told = (await devhost.client.post(f"{START}/{ref}/invoke", json=body)).json()
        assert told["payload"]["body"] == {"path": "/forge/call/x"}
        fired = await devhost.client.post(f"{START}/events", json={"event": "avi:jira:updated:issue"})
        assert [one["status"] for one in fired.json()["items"]] == [200]
        ran = await devhost.client.post(f"{START}/{ref}/schedule", json={"name": "refresh"})
        assert ran.json()["status"] == 200
        listed = (await devhost.client.get(f"{START}/deliveries")).json()["items"]
        assert [one["event"] for one in listed] == [
            "avi:forge:installed:app",
            "avi:jira:updated:issue",
            "schedule hour",
        ]

    async def test_moves_the_clock_and_what_is_due(
        self, devhost: Devhost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await devhost.client.post(f"{START}/clock/advance", json={"seconds": 360})
        assert remote.told("/forge/hourly") == ["ok"]

    async def test_makes_ends_and_refuses_tokens(
        self, devhost: Devhost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        path = f"{START}/{installed.number}"
        made = (await devhost.client.post(f"{path}/tokens", json={"user": "admin", "key": "events"})).json()
        assert made.keys() == {"invocation", "system", "user"}
        ended = await devhost.client.post(f"{path}/expire-tokens")
        assert ended.json() == {"ended": 2}

    async def test_breaks_and_mends_the_key_server(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await devhost.client.post(f"{START}/jwks/break", json={"name": "empty"})
        assert (await devhost.client.get("/.well-known/jwks.json")).json() == {"keys": []}
        await devhost.client.post(f"{START}/jwks/mend")
        kid = (await devhost.client.post(f"{START}/jwks/rotate")).json()["kid"]
        assert forge.state.keys.current[0] == kid

    async def test_attacks(self, devhost: Devhost, remote: Remote, installed: ForgeInstallation) -> None:
        path = f"{START}/{installed.number}/attack"
        told = (await devhost.client.post(path, json={"name": "unknown-kid"})).json()
        assert (told["status"], told["jwks_reads"]) == (401, 1)
        assert (await devhost.client.post(path, json={"name": "another"})).status_code == 404

    async def test_answers_no_other_web_site(self, devhost: Devhost) -> None:
        answer = await devhost.client.get(START, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


class TestWire:
    async def test_says_what_calls_are_for_and_shows_no_token(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.invoke(installed, "panel", "/forge/call/x", issue="TP-1")
        token = forge.access_token(installed)
        headers = {"authorization": f"Bearer {token}"}
        await devhost.client.get(f"{forge.state.api_url(installed.site)}/rest/api/3/issue/TP-1", headers=headers)
        await devhost.client.post("/forge/storage/kvs/v1/get", headers=headers, json={"key": "a"})
        shown = (await devhost.client.get("/_devhost/wire")).text
        for purpose in ("asks for the keys", "reads an issue", "storage: get", "invokeRemote of panel"):
            assert purpose in shown
        assert "eyJ" not in shown
        assert token not in shown

"""Apps come, change, and go; a site moves from Connect to Forge and keeps what it had."""

from typing import Any

import pytest

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.connect import CLIENT_KEY
from devhost.dialects.forge.host import ForgeHost
from devhost.errors import HostError, InstallRefused
from devhost.testing import Devhost
from tests.devhost.atlassian import foreign as connect
from tests.devhost.forge.remote import APP, ORIGIN, Remote, document, manifest

EVENTS = "/forge/events"


def moving(**changes: Any) -> dict[str, Any]:
    """Return a manifest of the foreign Connect add-on, as it goes on in Forge."""
    remotes = [
        {"key": "backend", "baseUrl": ORIGIN},
        {"key": "connect", "baseUrl": f"{connect.ORIGIN}/connect"},
    ]
    modules = {
        "jira:lifecycle": [{"key": "lifecycle", "installed": "/installed", "uninstalled": "/uninstalled"}],
        "jira:webPanels": [
            {
                "key": "old-panel",
                "name": {"value": "Old panel"},
                "url": "/panel?issue={issue.key}",
                "location": "atl.jira.view.issue.right.context",
            }
        ],
        "jira:webhooks": [{"key": "hook", "event": "jira:issue_updated", "url": "/hook"}],
    }
    scopes = [
        *document()["permissions"]["scopes"],
        "read:connect-jira",
        "write:connect-jira",
        "act-as-user:connect-jira",
    ]
    return (
        document(
            app={"connect": {"key": connect.KEY, "remote": "connect"}},
            remotes=remotes,
            connectModules=modules,
            permissions={"scopes": scopes},
        )
        | changes
    )


class Both:
    """Serves the Connect add-on and the remote at the one origin of an app."""

    def __init__(self, addon: connect.ForeignAddon, remote: Remote) -> None:
        self.addon, self.remote = addon, remote

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (self.addon if scope["path"].startswith("/connect") else self.remote)(scope, receive, send)


@pytest.fixture
def sites(devhost: Devhost) -> AtlassianHost:
    return devhost.sites


@pytest.fixture
def addon(devhost: Devhost, remote: Remote) -> connect.ForeignAddon:
    running = connect.ForeignAddon(devhost.transport)
    devhost.serve(ORIGIN, Both(running, remote))
    return running


class TestInstall:
    async def test_tells_the_remote_with_bare_ids(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        [body] = remote.body_of(EVENTS)
        assert body == {
            "id": installed.number,
            "installerAccountId": "devhost:00000001",
            "app": {"id": APP.rpartition("/")[2], "version": "2.0.0", "name": installed.app.name},
            "environment": {"id": installed.app.environment_number},
            "context": f"ari:cloud:jira::site/{installed.site.cloud_id}",
            "eventType": "avi:forge:installed:app",
        }

    async def test_does_not_hang_on_what_the_remote_answers(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote
    ) -> None:
        devhost.stop(ORIGIN)
        installed = await forge.install(manifest())
        assert forge.installation(APP) is installed
        devhost.serve(ORIGIN, remote)
        await forge.advance(60)
        assert remote.bodies[-1]["retryContext"]["retryCount"] == 1

    async def test_twice_on_a_site_is_refused(self, forge: ForgeHost, installed: ForgeInstallation) -> None:
        with pytest.raises(InstallRefused, match="upgrade it, or uninstall it first"):
            await forge.install(manifest())
        with pytest.raises(InstallRefused, match="upgrade it first"):
            await forge.install(manifest(modules={"scheduledTrigger": []}), site="wiki")
        assert len(installed.app.manifest.schedules) == 1
        await forge.install(manifest(), site="wiki")
        await forge.install(manifest(), environment="PRODUCTION")

    async def test_of_an_environment_says_so(self, forge: ForgeHost, remote: Remote) -> None:
        await forge.install(manifest(), environment="PRODUCTION")
        assert remote.claims[-1]["app"]["environment"]["type"] == "PRODUCTION"

    async def test_again_is_another_installation_of_the_same_site(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        again = await forge.reinstall(installed)
        assert again.id != installed.id
        first, second = (one["app"]["installation"] for one in remote.claims)
        assert first["id"] != second["id"]
        assert first["contexts"][0]["cloudId"] == second["contexts"][0]["cloudId"]
        assert remote.told("/forge/uninstall") == []


class TestUpgrade:
    async def test_to_a_major_version_tells_the_remote(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        scopes = [*document()["permissions"]["scopes"], "read:jira-user"]
        await forge.upgrade(installed, manifest(permissions={"scopes": scopes}))
        body = remote.bodies[-1]
        assert (body["eventType"], body["app"]["version"]) == ("avi:forge:upgraded:app", "3.0.0")
        assert "read:jira-user" in body["permissions"]["scopes"]
        assert remote.claims[-1]["app"]["appVersion"] == "3.0.0"
        assert remote.claims[-1]["app"]["installationId"] == installed.id

    async def test_to_a_minor_version_tells_nobody(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        asked = len(remote.heard)
        await forge.upgrade(installed, major=False)
        assert (installed.app.version, len(remote.heard)) == ("2.1.0", asked)


class TestUninstall:
    async def test_says_goodbye_once_and_ends_every_token(
        self, devhost: Devhost, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        token = forge.access_token(installed)
        url = f"{forge.state.api_url(installed.site)}/rest/api/3/issue/TP-1"
        headers = {"authorization": f"Bearer {token}"}
        assert (await devhost.client.get(url, headers=headers)).status_code == 200
        await forge.uninstall(installed)
        [body] = remote.body_of("/forge/uninstall")
        assert body["context"] == {"cloudId": installed.site.cloud_id, "moduleKey": "goodbye"}
        assert (await devhost.client.get(url, headers=headers)).status_code == 401
        await forge.sites.update_issue("TP-1", status="Done")
        assert [one["eventType"] for one in remote.body_of(EVENTS)] == ["avi:forge:installed:app"]
        with pytest.raises(HostError, match="Forge installation"):
            forge.installation(APP)

    async def test_silently_tells_nobody(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        await forge.uninstall(installed, silently=True)
        assert remote.told("/forge/uninstall") == []
        assert not installed.works


class TestConnectOnForge:
    async def test_install_is_signed_and_names_the_installation(
        self, forge: ForgeHost, sites: AtlassianHost, addon: connect.ForeignAddon
    ) -> None:
        installed = await forge.install(moving())
        assert addon.told("/installed") == ["ok"]
        assert addon.tenant["installationId"] == installed.id
        assert addon.tenant["clientKey"] == sites.site().client_key
        look = sites.look(connect.KEY, "old-panel", issue="TP-2")
        assert (await sites.open(look)).status_code == 200
        [sent] = await sites.update_issue("TP-1", status="Done")
        assert sent.ok
        assert sites.site().addon(connect.KEY).descriptor.allowed == {"READ", "WRITE", "ACT_AS_USER"}

    async def test_that_refuses_its_install_is_not_installed(
        self, devhost: Devhost, forge: ForgeHost, addon: connect.ForeignAddon
    ) -> None:
        wrong = moving(
            remotes=[{"key": "backend", "baseUrl": ORIGIN}, {"key": "connect", "baseUrl": f"{ORIGIN}/connect/x"}]
        )
        with pytest.raises(InstallRefused, match="status 401"):
            await forge.install(wrong)
        assert forge.state.installed == []

    async def test_uninstall_reaches_both_sides(
        self, forge: ForgeHost, sites: AtlassianHost, remote: Remote, addon: connect.ForeignAddon
    ) -> None:
        installed = await forge.install(moving())
        await forge.uninstall(installed)
        assert (addon.told("/uninstalled"), remote.told("/forge/uninstall")) == (["ok"], ["ok"])
        assert sites.site().installed == []


class TestMove:
    async def test_keeps_the_client_key_and_what_the_app_kept(
        self, devhost: Devhost, forge: ForgeHost, sites: AtlassianHost, remote: Remote, addon: connect.ForeignAddon
    ) -> None:
        before = await sites.install(connect.DESCRIPTOR_URL)
        assert "installationId" not in addon.tenant
        key, secret = addon.tenant["clientKey"], addon.tenant["sharedSecret"]
        before.properties["kept"] = {"a": 1}
        installed = await forge.move(moving())
        assert (addon.tenant["clientKey"], addon.tenant["installationId"]) == (key, installed.id)
        assert addon.tenant["sharedSecret"] != secret
        assert addon.told("/uninstalled") == []
        assert remote.bodies[-1]["eventType"] == "avi:forge:installed:app"
        # Events come through both doors now.
        addon.heard.clear()
        await sites.update_issue("TP-1", status="Done")
        assert addon.told("/hook") == ["ok"]
        assert remote.bodies[-1]["eventType"] == "avi:jira:updated:issue"
        read = await addon.call("GET", f"/jira/rest/atlassian-connect/1/addons/{connect.KEY}/properties/kept")
        assert read.json()["value"] == {"a": 1}

    async def test_without_connect_modules_ends_the_connect_side_without_a_word(
        self, devhost: Devhost, forge: ForgeHost, sites: AtlassianHost, remote: Remote, addon: connect.ForeignAddon
    ) -> None:
        await sites.install(connect.DESCRIPTOR_URL)
        installed = await forge.move(moving(connectModules={}))
        assert addon.told("/uninstalled") == []
        assert sites.site().installed == []
        assert (await addon.call("GET", "/jira/rest/api/3/myself")).status_code == 401
        assert (await client_key(devhost, forge, installed)).json()["value"] == addon.tenant["clientKey"]

    async def test_needs_the_connect_app_on_the_site(self, forge: ForgeHost, addon: connect.ForeignAddon) -> None:
        with pytest.raises(InstallRefused, match="install its descriptor there first"):
            await forge.move(moving())
        with pytest.raises(InstallRefused, match=r"no app\.connect\.key"):
            await forge.move(manifest())


async def client_key(devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation, **more: Any) -> Any:
    name = more.get("addon", connect.KEY)
    path = f"/rest/atlassian-connect/1/addons/{name}/properties/{CLIENT_KEY}"
    return await devhost.client.request(
        more.get("method", "GET"),
        f"{forge.state.api_url(installed.site)}{path}",
        headers={"authorization": f"Bearer {forge.access_token(installed)}"},
    )


class TestClientKey:
    async def test_is_a_property_that_only_the_app_reads(
        self, devhost: Devhost, forge: ForgeHost, sites: AtlassianHost, addon: connect.ForeignAddon
    ) -> None:
        await sites.install(connect.DESCRIPTOR_URL)
        installed = await forge.move(moving())
        answer = await client_key(devhost, forge, installed)
        assert (answer.status_code, answer.json()["value"]) == (200, sites.site().client_key)
        assert (await client_key(devhost, forge, installed, addon="another")).status_code == 403
        assert (await client_key(devhost, forge, installed, method="PUT")).status_code == 403

    async def test_is_missing_where_the_site_never_had_the_connect_app(
        self, devhost: Devhost, forge: ForgeHost, addon: connect.ForeignAddon
    ) -> None:
        installed = await forge.install(moving(connectModules={}))
        assert (await client_key(devhost, forge, installed)).status_code == 404

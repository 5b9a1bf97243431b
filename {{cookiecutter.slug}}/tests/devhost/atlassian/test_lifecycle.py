"""Installs of add-ons on sites: what is signed how, what is refused, and what holds afterwards."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.errors import HostError, InstallRefused
from devhost.testing import Devhost
from tests.devhost.atlassian.foreign import DESCRIPTOR_URL, KEY, KEYS, ForeignAddon, descriptor


async def fails(_: Request) -> Response:
    return Response("no room", status_code=500)


class TestInstall:
    async def test_is_signed_with_a_published_key_and_then_enabled_with_the_secret(
        self, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        assert foreign.heard == [("POST /installed", "ok"), ("POST /enabled", "ok")]
        body = foreign.bodies[0]
        assert (body["key"], body["clientKey"], body["sharedSecret"]) == (KEY, at_jira.client_key, at_jira.secret)
        assert (body["baseUrl"], body["productType"]) == ("http://127.0.0.1:9000/jira", "jira")
        assert body["eventType"] == "installed"
        assert "sharedSecret" not in foreign.bodies[1]

    async def test_is_on_one_site_and_each_product_has_its_client_key(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        at_wiki = await sites.install(DESCRIPTOR_URL, site="wiki")
        assert at_wiki.client_key != at_jira.client_key
        assert foreign.tenant["baseUrl"] == "http://127.0.0.1:9000/wiki"
        assert foreign.tenant["productType"] == "confluence"
        assert sites.site("wiki").cloud_id == sites.site("jira").cloud_id

    async def test_that_the_addon_refuses_leaves_nothing_and_says_why(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        foreign.answers["/installed"] = fails
        with pytest.raises(InstallRefused, match="status 500; 200 or 204 is needed") as refused:
            await sites.install(DESCRIPTOR_URL)
        assert (refused.value.status, refused.value.body) == (500, "no room")
        assert sites.site().installed == []

    async def test_that_is_not_believed_names_the_setting_for_the_key_server(
        self, sites: AtlassianHost, foreign: ForeignAddon
    ) -> None:
        foreign.descriptor = descriptor(baseUrl="http://127.0.0.1:8000/elsewhere")
        with pytest.raises(InstallRefused, match=f"ATLASSIAN_KEYS_URL={KEYS}"):
            await sites.install(DESCRIPTOR_URL)

    async def test_again_brings_a_new_secret_and_keeps_the_client_key(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        again = await sites.install(DESCRIPTOR_URL)
        assert again.secret != at_jira.secret
        assert again.client_key == at_jira.client_key
        assert foreign.tenant["sharedSecret"] == again.secret

    async def test_again_that_is_refused_leaves_the_first_in_force(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        foreign.answers["/installed"] = fails
        secret = foreign.tenant["sharedSecret"]
        with pytest.raises(InstallRefused):
            await sites.install(DESCRIPTOR_URL)
        assert sites.site().addon(KEY).secret == secret

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"key": "with space"}, "key: up to 64"),
            ({"authentication": {"type": "none"}}, "authentication.type"),
            ({"lifecycle": {}}, "lifecycle.installed: Field required"),
            ({"baseUrl": "/relative"}, "baseUrl: an absolute address"),
            ({"scopes": ["EVERYTHING"]}, "EVERYTHING is none of"),
            ({"modules": {"dialogs": [{"key": "a"}, {"key": "a"}]}}, "'a' is there twice"),
            ({"modules": {"webhooks": [{"event": "x"}]}}, "event and url are needed"),
        ],
        ids=["key", "authentication", "lifecycle", "base", "scopes", "twice", "webhook"],
    )
    async def test_of_a_wrong_descriptor_is_refused_with_the_reason(
        self, sites: AtlassianHost, foreign: ForeignAddon, changes: dict[str, object], said: str
    ) -> None:
        foreign.descriptor = descriptor(**changes)
        with pytest.raises(InstallRefused, match=said):
            await sites.install(DESCRIPTOR_URL)
        assert foreign.heard == []


class TestKeys:
    async def test_are_found_by_their_ids_the_older_ones_too(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        first, _ = sites.state.keys.current
        second = sites.state.keys.rotate()
        await sites.install(DESCRIPTOR_URL)
        assert foreign.told("/installed") == ["ok", "ok"]
        for key_id in (first, second):
            answer = await devhost.client.get(f"/install-keys/{key_id}")
            assert answer.text.startswith("-----BEGIN PUBLIC KEY-----")
        assert (await devhost.client.get("/install-keys/another")).status_code == 404

    async def test_server_that_is_down_is_a_fault(self, devhost: Devhost, sites: AtlassianHost) -> None:
        sites.faults.down(path="/install-keys/", times=1)
        key_id, _ = sites.state.keys.current
        with pytest.raises(httpx.ReadError):
            await devhost.client.get(f"/install-keys/{key_id}")
        assert (await devhost.client.get(f"/install-keys/{key_id}")).status_code == 200


class TestSecret:
    async def test_is_rotated_by_an_install(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        before = at_jira.secret
        assert (await sites.rotate_secret(KEY)).status == 204
        assert foreign.tenant["sharedSecret"] == at_jira.secret != before

    async def test_stays_when_the_addon_does_not_take_the_new_one(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        foreign.answers["/installed"] = fails
        before = at_jira.secret
        assert (await sites.rotate_secret(KEY)).status == 500
        assert at_jira.secret == before


class TestUninstall:
    async def test_disables_with_the_secret_then_uninstalls_with_a_published_key(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        answer = await sites.uninstall(KEY)
        assert answer is not None
        assert answer.status == 204
        assert foreign.heard[2:] == [("POST /disabled", "ok"), ("POST /uninstalled", "ok")]
        with pytest.raises(HostError, match="must be installed"):
            sites.site().addon(KEY)

    async def test_ends_calls(self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon) -> None:
        assert (await foreign.call("GET", "/jira/rest/api/3/myself")).status_code == 200
        await sites.uninstall(KEY)
        assert (await foreign.call("GET", "/jira/rest/api/3/myself")).status_code == 401

    async def test_of_an_addon_that_is_down_is_done_all_the_same(
        self, devhost: Devhost, sites: AtlassianHost, at_jira: SiteInstallation
    ) -> None:
        devhost.stop("http://127.0.0.1:8000")
        answer = await sites.uninstall(KEY)
        assert answer is not None
        assert "Nothing listens" in answer.error
        assert sites.site().installed == []


class TestDisabled:
    async def test_addon_may_not_call_until_it_is_enabled(
        self, sites: AtlassianHost, at_jira: SiteInstallation, foreign: ForeignAddon
    ) -> None:
        await sites.set_enabled(KEY, enabled=False)
        refused = await foreign.call("GET", "/jira/rest/api/3/myself")
        assert (refused.status_code, refused.json()["errorMessages"]) == (401, ["The add-on is disabled"])
        await sites.set_enabled(KEY, enabled=True)
        assert (await foreign.call("GET", "/jira/rest/api/3/myself")).status_code == 200
        assert [heard for heard, _ in foreign.heard][2:] == ["POST /disabled", "POST /enabled"]

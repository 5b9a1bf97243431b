"""Which sites may install, who may frame their pages, and where the host's script comes from."""

import pytest

from app.conformance import Stage
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.frames import CLOUD, DEVHOST, DEVHOST_PATH, AtlassianFrames
from app.connect.hosts.atlassian.settings import AtlassianDetails, AtlassianSettings, Sites
from app.connect.network.addresses import origin_of
from app.connect.settings import load_settings
from app.connect.tenancy.tenant import Tenant, TenantState
from tests.hosts.atlassian_case import JiraCase

HERE = ("http://127.0.0.1:9000", "http://localhost:2990", "http://[::1]:9000", "http://site.localhost:9000")


class TestSites:
    @pytest.mark.parametrize(
        "url", ["https://acme.atlassian.net/wiki", "https://a.b.atlassian.net", "https://x.jira.com"]
    )
    def test_of_the_cloud_may_install(self, url: str) -> None:
        assert Sites((), production=True).allows(url)

    @pytest.mark.parametrize(
        "url",
        [
            "http://acme.atlassian.net", "https://atlassian.net", "https://.atlassian.net", "https://evilatlassian.net",
            "https://acme.atlassian.net.evil.example", "https://acme.atlassian.net:8443", "https://a@acme.atlassian.net",
            "https://evil.example/.atlassian.net", "https://evil.example#.atlassian.net", "https://acme.jira-dev.com",
            "https://a_b.atlassian.net", "", "acme.atlassian.net", *HERE,
        ],
    )  # fmt: skip
    def test_that_are_not_of_the_cloud_may_not(self, url: str) -> None:
        assert not Sites((), production=True).allows(url)

    @pytest.mark.parametrize("url", HERE)
    def test_on_this_machine_may_install_in_development(self, url: str) -> None:
        assert Sites((), production=False).allows(url)

    def test_that_are_named_are_all(self) -> None:
        sites = Sites(["https://acme.atlassian.net", "https://*.jira-dev.com"], production=True)
        assert sites.allows("https://acme.atlassian.net/wiki")
        assert sites.allows("https://x.jira-dev.com")
        assert not sites.allows("https://other.atlassian.net")
        assert not Sites(["https://*.jira.com"], production=False).allows(HERE[0])


class TestSettings:
    def test_are_read_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ATLASSIAN_ORIGINS", "https://*.Atlassian.net, https://acme.example")
        monkeypatch.setenv("ATLASSIAN_KEYS_URL", "http://127.0.0.1:9000/keys/")
        settings = load_settings(AtlassianSettings)
        assert settings.origins == ("https://*.atlassian.net", "https://acme.example")
        assert settings.keys_url == ("http://127.0.0.1:9000/keys",)

    @pytest.mark.parametrize("name", ["ATLASSIAN_KEYS_URL", "ATLASSIAN_OAUTH_URL", "ATLASSIAN_ORIGINS"])
    def test_that_are_no_address_stop_the_start(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "keys.example")
        with pytest.raises(ConfigurationError, match=name):
            load_settings(AtlassianSettings)


def tenant(base_url: str, web_url: str) -> Tenant:
    details = AtlassianDetails(base_url=base_url).model_dump_json()
    origin = "/".join(base_url.split("/")[:3])
    return Tenant("t", "i", "jira", "c", TenantState.INSTALLED, 1, origin, base_url + "/", web_url, details, "{}", 0.0)


class TestFrames:
    def test_are_the_sites_own_addresses(self) -> None:
        frame = AtlassianFrames(["https://desktop.example"], script_url="", production=True).frame(
            tenant("https://acme.atlassian.net/wiki", "https://docs.example.com/wiki")
        )
        assert frame.ancestors == (
            "https://acme.atlassian.net",
            "https://docs.example.com",
            "https://desktop.example",
        )
        # Where the script of all sites is, its themes are.
        assert frame.sources == ("https://connect-cdn.atl-paas.net",)

    def test_have_the_one_script_of_their_cloud(self) -> None:
        gov = "https://gov.example/assets/all.js"
        keys = ["http://127.0.0.1:9123/install-keys"]
        for given, keys_url, production, expected in (
            ("", keys, True, CLOUD),
            ("", [], False, f"{DEVHOST}{DEVHOST_PATH}"),
            ("", keys, False, f"http://127.0.0.1:9123{DEVHOST_PATH}"),
            (gov, keys, True, gov),
            (gov, keys, False, gov),
        ):
            script = AtlassianFrames([], script_url=given, production=production, keys_url=keys_url).script
            assert (script.address, script.source) == (expected, origin_of(expected))


class TestPage:
    make_case = JiraCase

    async def test_is_not_kept_and_tells_nobody_where_it_was(self, stage: Stage) -> None:
        guest = await stage.install()
        answer = await stage.enter(guest)
        assert answer.status == 200
        assert {"no-cache", "no-store"} <= set(answer.headers["cache-control"].split(", "))
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "x-frame-options" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert "unsafe-inline" not in answer.headers["content-security-policy"]

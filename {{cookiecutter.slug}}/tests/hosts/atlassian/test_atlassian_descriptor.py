"""The descriptors of Jira and Confluence, member by member, as the protocol reference has them."""

from app.connect.declare.addon import join
from app.connect.declare.forms import ConfigForm
from app.connect.declare.router import Router
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.atlassian.webhooks import WebhookOptions
from tests.hosts.atlassian.sections import ABOUT, BASE_URL, described, event, manifest, modules


class TestTopLevel:
    def test_of_an_empty_addon_is_all_that_an_install_needs(self) -> None:
        assert described("jira", "") == {
            "key": "com.example.test",
            "name": "Test",
            "description": "A test",
            "baseUrl": BASE_URL,
            "links": {"self": f"{BASE_URL}/jira/atlassian-connect.json", "homepage": f"{BASE_URL}/"},
            "authentication": {"type": "jwt"},
            "apiVersion": 1,
            "apiMigrations": {"signed-install": True, "gdpr": True, "context-qsh": True},
            "enableLicensing": False,
            "scopes": [],
            "lifecycle": {
                "installed": "/jira/installed",
                "uninstalled": "/jira/uninstalled",
                "enabled": "/jira/enabled",
                "disabled": "/jira/disabled",
            },
            "modules": {},
        }

    def test_of_the_other_product_has_paths_of_its_own(self) -> None:
        assert described("confluence", "")["lifecycle"]["installed"] == "/confluence/installed"
        assert described("confluence", "")["links"]["self"] == f"{BASE_URL}/confluence/atlassian-connect.json"

    def test_has_every_member_of_the_section(self) -> None:
        text = """
        scopes = ["read", "ACT_AS_USER"]
        apiVersion = 3
        enableLicensing = true
        translations = { en-US = "en.json", de-DE = "https://cdn.example/de.json" }
        regionBaseUrls = { EU = "https://eu.addon.example/" }
        """
        about = ABOUT + 'vendor = { name = "V", url = "https://v.example" }\nhomepage = "https://home.example"\n'
        found = described("jira", text, about=about)
        assert found["scopes"] == ["READ", "ACT_AS_USER"]
        assert (found["apiVersion"], found["enableLicensing"]) == (3, True)
        assert found["translations"] == {
            "paths": {"en-US": "/static/en.json", "de-DE": "https://cdn.example/de.json"},
        }
        assert found["regionBaseUrls"] == {"EU": "https://eu.addon.example"}
        assert found["vendor"] == {"name": "V", "url": "https://v.example"}
        assert found["links"]["homepage"] == "https://home.example"

    def test_settings_are_the_page_of_the_configuration(self) -> None:
        router = Router[object]()

        @router.settings
        class Choices(ConfigForm):
            word: str = ""

        joined = join(manifest("jira", ""), [router], base_url=BASE_URL)
        assert describe(joined, "jira")["modules"] == {
            "configurePage": {"key": "settings", "name": {"value": "Settings"}, "url": "/jira/settings"}
        }


class TestWebhooks:
    def test_are_those_of_the_declared_handlers(self) -> None:
        options = WebhookOptions(filter="project = TP", property_keys=("builds",))
        events = [event("jira", "issue_updated", "jira:issue_updated", options), event("jira", "all", "sprint_closed")]
        assert modules("jira", 'scopes = ["READ"]', events)["webhooks"] == [
            {
                "event": "jira:issue_updated",
                "url": "/jira/webhook/issue_updated",
                "filter": "project = TP",
                "propertyKeys": ["builds"],
            },
            {"event": "sprint_closed", "url": "/jira/webhook/all"},
        ]

"""connectModules: what the descriptors of Jira and Confluence become in a manifest (reference 9.1)."""

from app.connect.declare.addon import join
from app.connect.declare.forms import ConfigForm
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.forge.dialect import ForgeDialect
from app.connect.hosts.forge.manifest.build import manifest as build
from app.connect.hosts.forge.section import ForgeSection
from tests.hosts.forge.apps import LEAST, SECTIONS, addon, event, manifest

JIRA = """
[jira]
scopes = ["NONE", "read", "PROJECT_ADMIN"]
enableLicensing = true
translations = { en-US = "en.json" }
[jira.webPanels.report]
name = "Report"
location = "atl.jira.view.issue.right.context"
query = { issue = "{issue.key}" }
[jira.configurePage.set-up]
name = "Set up"
[jira.jiraGlobalPermissions.see]
name = "See builds"
description = "Who may see builds"
defaultGrants = ["JIRA-ADMINISTRATORS"]
[jira.jiraProjectPermissions.start]
name = { value = "Start builds", i18n = "start.name" }
description = "Who may start builds"
category = "ISSUES"
"""
CONFLUENCE = """
[confluence]
scopes = ["SPACE_ADMIN"]
[confluence.generalPages.hello]
name = "Hello"
"""
ISSUES = event("jira", "issues", "jira:issue_updated")


class TestConnectModules:
    def test_are_those_of_the_descriptor(self) -> None:
        made = manifest(JIRA + LEAST, [ISSUES])["connectModules"]
        described = describe(addon(JIRA + LEAST, [ISSUES]), "jira")
        assert made["jira:webPanels"] == described["modules"]["webPanels"]
        assert made["jira:webPanels"][0]["url"] == "/jira/panel/report?issue={issue.key}"
        # A single one is a list of one.
        assert made["jira:configurePage"] == [described["modules"]["configurePage"]]
        assert {*made} == {
            "jira:lifecycle",
            "jira:webPanels",
            "jira:configurePage",
            "jira:webhooks",
            "jira:translations",
        }

    def test_hold_the_lifecycle_with_a_key(self) -> None:
        assert manifest(JIRA + LEAST)["connectModules"]["jira:lifecycle"] == [
            {
                "key": "lifecycle-events",
                "installed": "/jira/installed",
                "uninstalled": "/jira/uninstalled",
                "enabled": "/jira/enabled",
                "disabled": "/jira/disabled",
            }
        ]

    def test_hold_webhooks_with_keys(self) -> None:
        made = manifest(JIRA + LEAST, [ISSUES, event("jira", "a.b", "option_voting_changed")])
        assert made["connectModules"]["jira:webhooks"] == [
            {"key": "jira-webhook-issues", "event": "jira:issue_updated", "url": "/jira/webhook/issues"},
            {"key": "jira-webhook-a-b", "event": "option_voting_changed", "url": "/jira/webhook/a.b"},
        ]

    def test_hold_translations_with_a_key(self) -> None:
        assert manifest(JIRA + LEAST)["connectModules"]["jira:translations"] == [
            {"key": "connect-translations", "paths": {"en-US": "/static/en.json"}}
        ]

    def test_of_two_products_have_keys_of_their_own(self) -> None:
        made = manifest(JIRA + CONFLUENCE + LEAST)
        assert made["connectModules"]["confluence:lifecycle"][0]["key"] == "confluence-lifecycle-events"
        assert made["connectModules"]["confluence:generalPages"][0]["url"] == "/confluence/page/hello"

    def test_make_the_app_a_connect_app(self) -> None:
        assert manifest(JIRA + LEAST)["app"]["connect"] == {
            "key": "com.example.test",
            "remote": "backend",
            "authentication": "jwt",
        }
        assert manifest(f'{JIRA}{LEAST}connect = {{ key = "listed" }}')["app"]["connect"]["key"] == "listed"

    def test_are_left_out_of_an_app_that_never_was_one(self) -> None:
        made = manifest(f"{JIRA}{LEAST}connect = {{ modules = false }}", [ISSUES])
        assert "connectModules" not in made
        assert "connect" not in made["app"]
        assert made["permissions"]["scopes"] == ["read:jira-work", "read:app-system-token"]
        assert "jira:globalPermission" not in made["modules"]


class TestScopes:
    def test_are_written_as_the_manifest_names_them(self) -> None:
        assert manifest(JIRA + CONFLUENCE + LEAST)["permissions"]["scopes"] == [
            "read:jira-work",
            "read:connect-jira",
            "project-admin:connect-jira",
            "space-admin:connect-confluence",
            "read:app-system-token",
        ]

    def test_of_connect_alone_are_enough_for_a_token(self) -> None:
        assert manifest(f"{JIRA}[forge]")["permissions"]["scopes"][-1] == "read:app-system-token"


class TestPermissions:
    def test_become_native_modules_in_plain_words(self) -> None:
        made = manifest(JIRA + LEAST)["modules"]
        assert made["jira:globalPermission"] == [
            {
                "key": "see",
                "name": "See builds",
                "description": "Who may see builds",
                "defaultGrants": ["jira-administrators"],
                "anonymousAllowed": False,
                "migratedFromConnect": True,
            }
        ]
        assert made["jira:projectPermission"] == [
            {
                "key": "start",
                "name": "Start builds",
                "description": "Who may start builds",
                "category": "issues",
                "migratedFromConnect": True,
            }
        ]


class TestLicensing:
    def test_is_that_of_the_descriptor(self) -> None:
        assert manifest(JIRA + LEAST)["app"]["licensing"] == {"enabled": True}

    def test_of_forge_comes_first(self) -> None:
        assert manifest(f"{JIRA}{LEAST}licensing = {{ enabled = false }}")["app"]["licensing"] == {"enabled": False}


class TestEvents:
    def test_come_by_both_doors_unless_one_is_chosen(self) -> None:
        assert _doors("both") == (True, True)
        assert _doors("connect") == (True, False)
        assert _doors("forge") == (False, True)


class TestResidency:
    def test_moves_out_of_the_lifecycle(self) -> None:
        text = f'{JIRA}{LEAST}remote = {{ baseUrl = {{ default = "${{BASE_URL}}", EU = "https://eu.example.com" }} }}'
        made = manifest(text, moves=["jira", "forge"])
        assert "dare-migration" not in made["connectModules"]["jira:lifecycle"][0]
        assert made["modules"]["migration:dataResidency"][0]["path"] == "/forge/migration"


class TestSettingsPages:
    def test_of_two_products_have_keys_of_their_own(self) -> None:
        router = Router[object]()

        @router.settings
        class _Chosen(ConfigForm):
            loud: bool = False

        about = {"key": "com.example.test", "name": "Test", "description": "A test"}
        sections = {"jira": {"scopes": ["READ"]}, "confluence": {"scopes": ["READ"]}, "forge": {}}
        assert SECTIONS["forge"] is ForgeSection
        joined = join(read_manifest({"addon": about, **sections}, SECTIONS), [router], base_url="http://127.0.0.1:8000")
        assert ForgeDialect().problems(joined) == []
        made = build(joined)["connectModules"]
        assert made["jira:configurePage"][0]["key"] == "settings"
        assert made["confluence:configurePage"][0]["key"] == "confluence-settings"
        assert made["confluence:configurePage"][0]["url"] == "/confluence/settings"


def _doors(events: str) -> tuple[bool, bool]:
    """Return whether the webhook is there, and whether the trigger is."""
    made = manifest(f'{JIRA}{LEAST}connect = {{ events = "{events}" }}', [ISSUES])
    sent = [name for one in made["modules"]["trigger"] for name in one["events"]]
    return "jira:webhooks" in made["connectModules"], "avi:jira:updated:issue" in sent

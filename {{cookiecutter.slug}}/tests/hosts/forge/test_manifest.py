"""The manifest, part by part, as the reference has it (2, 3, 7 and 9)."""

from app.connect.hosts.atlassian.webhooks import WebhookOptions
from tests.hosts.forge.apps import APP, LEAST, PANEL, document, event, keyed, manifest, resolver, schedule

JIRA = '[jira]\nscopes = ["READ", "ACT_AS_USER"]\n'
ISSUES = event("jira", "issues", "jira:issue_updated")


class TestLeast:
    def test_is_an_app_that_hears_of_its_installations_and_keeps_its_token_fresh(self) -> None:
        assert manifest(LEAST) == {
            "app": {"id": "${APP_ID}", "description": "A test", "runtime": {"name": "nodejs22.x"}},
            "modules": {
                "endpoint": [
                    _endpoint("forge-events", "/forge/events"),
                    _endpoint("forge-hourly", "/forge/hourly"),
                    {"key": "forge-uninstall", "remote": "backend", "route": {"path": "/forge/uninstall"}},
                ],
                "trigger": [
                    {
                        "key": "forge-lifecycle",
                        "endpoint": "forge-events",
                        "events": ["avi:forge:installed:app", "avi:forge:upgraded:app"],
                    }
                ],
                "scheduledTrigger": [{"key": "forge-hourly-trigger", "endpoint": "forge-hourly", "interval": "hour"}],
                "preUninstall": [{"key": "forge-goodbye", "endpoint": "forge-uninstall"}],
            },
            "permissions": {"scopes": ["read:jira-work", "read:app-system-token"]},
            "remotes": [
                {
                    "key": "backend",
                    "baseUrl": "${BASE_URL}",
                    "operations": ["storage", "compute"],
                    "storage": {"inScopeEUD": True},
                }
            ],
            "environment": {"variables": ["APP_ID", "BASE_URL"]},
        }

    def test_is_the_same_bytes_twice(self) -> None:
        text = JIRA + LEAST + PANEL
        handlers = [ISSUES, resolver("list"), schedule("tidy", "day")]
        assert document(text, handlers).body == document(text, handlers).body

    def test_says_who_writes_it(self) -> None:
        assert document(LEAST).body.startswith(b"# Written by `addon manifest` from addon.toml")


class TestApp:
    def test_has_every_member_of_the_section(self) -> None:
        text = f"""
        [forge]
        app = "{APP}"
        scopes = ["read:jira-work", "storage:app"]
        runtime = {{ name = "nodejs24.x", architecture = "arm64", memoryMB = 256 }}
        licensing = {{ editionsEnabled = true, modes = ["user-access"] }}
        access = {{ userAccess = true }}
        compatibility = {{ jira = {{}}, bitbucket = {{ required = false }} }}
        [forge.storage]
        classifications = ["ugc"]
        entities.build.attributes = {{ state = "string", number = "integer" }}
        entities.build.indexes = {{ by-state = "state", by-number = {{ range = ["number"], partition = ["state"] }} }}
        """
        app = manifest(text)["app"]
        assert app["id"] == APP
        assert app["runtime"] == {"name": "nodejs24.x", "architecture": "arm64", "memoryMB": 256}
        assert app["licensing"] == {"enabled": True, "editionsEnabled": True, "modes": ["user-access"]}
        assert app["access"] == {"userAccess": True}
        assert app["compatibility"] == {"jira": {"required": True}, "bitbucket": {"required": False}}
        assert app["storage"] == {
            "classifications": ["ugc"],
            "entities": [
                {
                    "name": "build",
                    "attributes": {"state": {"type": "string"}, "number": {"type": "integer"}},
                    "indexes": [
                        {"name": "by-state", "range": ["state"]},
                        {"name": "by-number", "range": ["number"], "partition": ["state"]},
                    ],
                }
            ],
        }

    def test_without_variables_has_no_environment(self) -> None:
        made = manifest(f'{LEAST}app = "{APP}"\nremote = {{ baseUrl = "https://builds.example.com/" }}')
        assert "environment" not in made
        assert made["remotes"][0]["baseUrl"] == "https://builds.example.com"


class TestNativeModules:
    def test_pass_as_they_are_with_what_calls_us_filled_in(self) -> None:
        made = manifest(LEAST + PANEL, [resolver("list")])
        assert made["modules"]["jira:issuePanel"] == [
            {
                "key": "panel",
                "title": "Builds",
                "icon": "${BASE_URL}/static/builds.svg",
                "resource": "main",
                "resolver": {"endpoint": "forge-calls"},
            }
        ]
        assert made["modules"]["endpoint"][0] == {
            "key": "forge-calls",
            "remote": "backend",
            "auth": {"appSystemToken": {"enabled": True}},
        }
        assert made["resources"] == [{"key": "main", "path": "forge/build"}]

    def test_bring_the_token_of_the_person_where_it_is_asked_for(self) -> None:
        made = manifest(f"{LEAST}userToken = true\n{PANEL}")
        assert made["modules"]["endpoint"][0]["auth"] == {
            "appUserToken": {"enabled": True},
            "appSystemToken": {"enabled": True},
        }
        assert made["permissions"]["scopes"] == ["read:jira-work", "read:app-system-token", "read:app-user-token"]
        # A trigger's endpoint must not have it.
        assert all("appUserToken" not in one.get("auth", {}) for one in made["modules"]["endpoint"][1:])

    def test_without_a_frontend_have_an_endpoint_of_their_own(self) -> None:
        fields = 'name = "red"\narguments = []\ntypes = ["issue"]\noperators = ["in"]'
        text = f'{LEAST}[forge.modules."jira:jqlFunction".red]\n{fields}'
        made = manifest(text, [resolver("red")])
        assert made["modules"]["jira:jqlFunction"][0]["endpoint"] == "forge-call-red"
        assert keyed(made["modules"]["endpoint"])["forge-call-red"]["route"] == {"path": "/forge/call/red"}

    def test_with_a_function_are_left_alone(self) -> None:
        text = f"""{LEAST}
        [forge.modules."jira:issuePanel".panel]
        title = "Builds"
        icon = "https://pictures.example.com/a.svg"
        function = "main"
        [forge.modules.function.main]
        handler = "index.run"
        """
        made = manifest(text)["modules"]
        assert made["jira:issuePanel"][0]["icon"] == "https://pictures.example.com/a.svg"
        assert "resolver" not in made["jira:issuePanel"][0]
        assert made["function"] == [{"key": "main", "handler": "index.run"}]


class TestTriggers:
    def test_bring_the_events_of_handlers_for_connect_and_for_forge(self) -> None:
        handlers = [ISSUES, event("forge", "pages", "avi:confluence:created:page")]
        text = JIRA + '[forge]\nscopes = ["read:jira-work", "read:confluence-content.summary"]'
        assert keyed(manifest(text, handlers)["modules"]["trigger"])["forge-product-events"] == {
            "key": "forge-product-events",
            "endpoint": "forge-events",
            "events": ["avi:confluence:created:page", "avi:jira:updated:issue"],
        }

    def test_are_one_for_each_filter(self) -> None:
        text = f"""{JIRA}{LEAST}
        [forge.filters.issues]
        ignoreSelf = true
        expression = "issue.project.key == 'TP'"
        onError = "RECEIVE"
        propertyPaths = ["issue.properties[builds]"]
        """
        handlers = [ISSUES, event("jira", "gone", "jira:issue_deleted")]
        triggers = keyed(manifest(text, handlers)["modules"]["trigger"])
        assert triggers["forge-product-events"]["events"] == ["avi:jira:deleted:issue"]
        assert triggers["forge-product-events-issues"] == {
            "key": "forge-product-events-issues",
            "endpoint": "forge-events",
            "events": ["avi:jira:updated:issue"],
            "filter": {"ignoreSelf": True, "expression": "issue.project.key == 'TP'", "onError": "RECEIVE"},
            "payload": {"include": {"propertyPaths": ["issue.properties[builds]"]}},
        }

    def test_leave_what_is_narrowed_in_connects_words_to_the_webhook(self) -> None:
        handlers = [event("jira", "mine", "jira:issue_updated", WebhookOptions("project = TP"))]
        made = document(JIRA + LEAST, handlers)
        assert b"forge-product-events" not in made.body
        assert b"filter: project = TP" in made.body
        [note] = made.notes
        assert note == (
            "The handler 'mine' of jira gets jira:issue_updated by Connect's webhook alone, which ends with it: "
            "no trigger narrows as its options do, or there is none for that event."
        )

    def test_pass_an_event_that_nobody_lists_with_a_note(self) -> None:
        made = document(LEAST, [event("forge", "new", "avi:jira:polished:widget")])
        assert b"avi:jira:polished:widget" in made.body
        assert made.notes == [
            "The event avi:jira:polished:widget is in no list that Atlassian publishes: it may never come."
        ]

    def test_bring_no_event_of_installations_twice(self) -> None:
        made = document(LEAST, [event("forge", "hello", "avi:forge:installed:app")])
        assert made.body.count(b"avi:forge:installed:app") == 1
        assert made.notes == []


class TestSchedules:
    def test_have_an_endpoint_and_a_trigger_each(self) -> None:
        made = manifest(LEAST, [schedule("tidy", "day"), schedule("look", "fiveMinute")])["modules"]
        assert keyed(made["scheduledTrigger"])["forge-every-tidy-trigger"] == {
            "key": "forge-every-tidy-trigger",
            "endpoint": "forge-every-tidy",
            "interval": "day",
        }
        filtered = manifest(f"{LEAST}[forge.filters.tidy]\nappIsLicensed = true", [schedule("tidy", "day")])["modules"]
        assert filtered["scheduledTrigger"][1]["filter"] == {"appIsLicensed": True}
        assert keyed(made["endpoint"])["forge-every-look"] == _endpoint("forge-every-look", "/forge/schedules/look")


class TestPermissions:
    def test_are_a_map_where_one_is_used_for_people_who_are_away(self) -> None:
        text = '[forge.scopes]\n"read:jira-work" = { allowImpersonation = true }\n"write:jira-work" = {}'
        assert manifest(text)["permissions"]["scopes"] == {
            "read:jira-work": {"allowImpersonation": True},
            "write:jira-work": {},
            "read:app-system-token": {},
        }

    def test_hold_what_the_frontend_may_reach(self) -> None:
        text = f"""{LEAST}
        enforcement = "app-managed"
        sandbox = ["allow-storage-access-by-user-activation"]
        [forge.external]
        fetch.client = [{{ remote = "backend" }}]
        images = ["https://pictures.example.com"]
        [forge.content]
        styles = ["unsafe-inline"]
        """
        permissions = manifest(text)["permissions"]
        assert permissions["external"] == {
            "fetch": {"client": [{"remote": "backend"}]},
            "images": ["https://pictures.example.com"],
        }
        assert permissions["content"] == {"styles": ["unsafe-inline"]}
        assert permissions["enforcement"] == "app-managed"
        assert permissions["sandbox"] == ["allow-storage-access-by-user-activation"]


def _endpoint(key: str, path: str) -> dict[str, object]:
    return {
        "key": key,
        "remote": "backend",
        "route": {"path": path},
        "auth": {"appSystemToken": {"enabled": True}},
    }

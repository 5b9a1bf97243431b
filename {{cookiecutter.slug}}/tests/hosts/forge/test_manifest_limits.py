"""What Forge would refuse, or deploy and never call, in sentences that name the key of addon.toml and its fix."""

import pytest

from app.connect.hosts.atlassian.webhooks import WebhookOptions
from tests.hosts.forge.apps import LEAST, PANEL, addon, complaints, event, refusal, resolver, schedule

JIRA = '[jira]\nscopes = ["READ"]\n'
ISSUES = event("jira", "issues", "jira:issue_updated")
FILTERED = event("jira", "mine", "jira:issue_updated", WebhookOptions("project = TP"))
EU = 'remote = { baseUrl = { default = "https://a.example.com", EU = "https://eu.example.com" } }\n'


class TestScopes:
    def test_that_are_none_are_named_with_the_nearest(self) -> None:
        [said] = complaints('[forge]\nscopes = ["read:jira-wrok"]')
        assert said == 'addon.toml: forge.scopes: "read:jira-wrok" is not a scope; did you mean "read:jira-work"?'
        [said] = complaints('[forge]\nscopes = ["fly"]')
        assert said.endswith('"fly" is not a scope; see the list in its documentation, and rename or remove it')

    def test_of_tokens_come_by_themselves(self) -> None:
        [said] = complaints('[forge]\nscopes = ["read:jira-work", "read:app-system-token"]')
        assert said == 'addon.toml: forge.scopes: "read:app-system-token" comes with forge.systemToken; remove it'

    def test_of_a_product_are_needed_for_a_token(self) -> None:
        [said] = complaints("[forge]")
        assert said.startswith("addon.toml: forge.scopes: without a scope of a product no access token comes; add one")
        assert complaints("[forge]\nsystemToken = false") == []

    def test_for_people_who_are_away_need_the_token_of_the_app(self) -> None:
        text = '[forge]\nsystemToken = false\n[forge.scopes]\n"read:jira-work" = { allowImpersonation = true }'
        [said] = complaints(text)
        assert "allowImpersonation is asked for with the app's token; remove systemToken = false" in said

    def test_of_an_event_are_missed_by_name(self) -> None:
        [said] = complaints(f"{JIRA}[forge]", [ISSUES])
        assert said == (
            "addon.toml: forge.scopes: the handler 'issues' of avi:jira:updated:issue needs \"read:jira-work\"; add it"
        )

    def test_of_an_event_may_be_the_granular_ones(self) -> None:
        granular = [
            "read:issue:jira",
            "read:issue-type:jira",
            "read:user:jira",
            "read:project:jira",
            "read:status:jira",
        ]
        named = ", ".join(f'"{scope}"' for scope in granular)
        assert complaints(f"{JIRA}[forge]\nscopes = [{named}]", [ISSUES]) == []
        named = ", ".join(f'"{scope}"' for scope in granular[1:])
        assert len(complaints(f"{JIRA}[forge]\nscopes = [{named}]", [ISSUES])) == 1

    def test_of_storage_are_missed(self) -> None:
        [said] = complaints(f'{LEAST}[forge.storage.entities.build]\nattributes = {{ state = "string" }}')
        assert said == 'addon.toml: forge.storage: needs a scope; add "storage:app" to forge.scopes'


class TestModules:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('[forge.modules."jira:issuePanle".a]', 'modules."jira:issuePanle".a: is no type of module; did you mean '),
            ("[forge.modules.trigger.a]", "modules.trigger.a: is not written here: declare a handler of the event"),
            ("[forge.modules.endpoint.a]", "modules.endpoint.a: is not written here: the plumbing writes those"),
            ('[forge.modules."jira:issuePanel"."a.b"]', "a.b"),
            (
                '[forge.modules."jira:issuePanel".a]\nresource = "main"',
                'modules."jira:issuePanel".a.resource: there is no frontend "main"; add to [forge.resources]: main = "',
            ),
        ],
        ids=["misspelt", "trigger", "endpoint", "key", "resource"],
    )
    def test_that_cannot_be_are_refused(self, text: str, said: str) -> None:
        assert said in refusal(LEAST + text)

    def test_without_a_required_field_are_named(self) -> None:
        text = (
            f'{LEAST}[forge.modules."jira:issuePanel".a]\ntitle = "A"\nresource = "main"\n[forge.resources]\nmain = "m"'
        )
        assert complaints(text) == ['addon.toml: forge.modules."jira:issuePanel".a.icon: is missing; add it']

    def test_that_name_an_endpoint_of_nobody_are_told(self) -> None:
        text = LEAST + PANEL.replace('resource = "main"', 'resource = "main"\nresolver = { endpoint = "mine" }')
        [said] = complaints(text)
        assert said.endswith('resolver.endpoint: there is no endpoint "mine"; remove it, and ours is written')

    def test_that_nothing_answers_are_told_the_line_to_add(self) -> None:
        text = (
            f'{LEAST}[forge.modules."jira:jqlFunction".red]\nname = "red"\narguments = []\ntypes = []\noperators = []'
        )
        [said] = complaints(text)
        assert 'add to a file that app/addon/__init__.py lists: @forge.resolver("red")' in said
        assert complaints(text, [resolver("red")]) == []

    def test_have_keys_of_their_own_over_all_products(self) -> None:
        text = f"""
        {JIRA}
        [jira.generalPages.panel]
        name = "Page"
        {LEAST}{PANEL}
        """
        [said] = complaints(text)
        assert said == (
            "addon.toml: forge.modules.\"jira:issuePanel\".panel and jira.generalPages.panel: have the key 'panel', "
            "and a manifest takes each once; rename one"
        )

    def test_have_other_keys_than_those_of_the_plumbing(self) -> None:
        [said] = complaints(LEAST + PANEL.replace("panel]", "forge-events]"))
        assert "and the endpoint of the plumbing: have the key 'forge-events'" in said


class TestCalls:
    def test_without_a_frontend_never_come(self) -> None:
        [said] = complaints(LEAST, [resolver("list")])
        assert said.startswith('addon.toml: @forge.resolver("list"): no module of addon.toml calls it; add one')

    def test_without_a_frontend_bring_no_token_of_a_person(self) -> None:
        [said] = complaints(f"{LEAST}userToken = true")
        assert said.startswith("addon.toml: forge.userToken: comes with calls of a frontend, and no module has one")


class TestEvents:
    def test_that_look_misspelt_are_told(self) -> None:
        [said] = complaints(LEAST, [event("forge", "a", "avi:jira:udpated:issue")])
        assert said == (
            "addon.toml: the handler 'a': Forge has no event avi:jira:udpated:issue; did you mean "
            "avi:jira:updated:issue?"
        )

    def test_are_filtered_for_all_their_handlers_alike(self) -> None:
        text = f"{JIRA}{LEAST}[forge.filters.issues]\nignoreSelf = true"
        other = event("jira", "others", "jira:issue_updated")
        [said] = complaints(text, [ISSUES, other])
        assert (
            "avi:jira:updated:issue is sent once for the handlers 'issues' and 'others', and they are filtered" in said
        )
        assert complaints(f"{text}\n[forge.filters.others]\nignoreSelf = true", [ISSUES, other]) == []

    def test_that_a_filter_names_must_be_there(self) -> None:
        [said] = complaints(f"{JIRA}{LEAST}[forge.filters.isues]\nignoreSelf = true", [ISSUES])
        assert said == (
            "addon.toml: forge.filters.isues: no handler of that key gets an event of Forge; those that do: issues"
        )

    def test_of_installations_are_not_filtered(self) -> None:
        hello = event("forge", "hello", "avi:forge:installed:app")
        [said] = complaints(f"{LEAST}[forge.filters.hello]\nignoreSelf = true", [hello])
        assert said.endswith("gets an event of Forge; those that do: none")

    def test_narrowed_in_connects_words_need_forges_where_no_webhook_is(self) -> None:
        text = f'{JIRA}{LEAST}connect = {{ events = "forge" }}\n'
        [said] = complaints(text, [FILTERED])
        assert "add [forge.filters.mine] with an expression, or remove its options" in said
        assert complaints(f'{text}[forge.filters.mine]\nexpression = "true"', [FILTERED]) == []

    def test_that_forge_has_not_need_the_webhook(self) -> None:
        [said] = complaints(f'{JIRA}{LEAST}connect.events = "forge"', [event("jira", "a", "option_voting_changed")])
        assert said == (
            "addon.toml: forge.connect.events: Forge has no event like option_voting_changed, of the handler 'a'; "
            'write "both", or remove the handler'
        )


class TestSchedules:
    def test_are_four_beside_the_one_of_the_plumbing(self) -> None:
        four = [schedule(f"s{number}", "day") for number in range(4)]
        assert complaints(LEAST, four) == []
        [said] = complaints(LEAST, [*four, schedule("s4", "day")])
        assert "s0, s1, s2, s3, s4 are 5, and an app has 5, one of them ours; keep 4" in said

    def test_are_filtered_by_the_license_alone(self) -> None:
        text = f"{LEAST}[forge.filters.tidy]\nignoreSelf = true"
        [said] = complaints(text, [schedule("tidy", "day")])
        assert said.endswith("forge.filters.tidy: of a schedule Forge reads appIsLicensed alone; remove the rest")

    def test_have_intervals_of_forge(self) -> None:
        [said] = complaints(LEAST, [schedule("tidy", "month")])
        assert said.endswith("'month' is no interval; use one of fiveMinute, hour, day, week")

    def test_have_keys_of_modules(self) -> None:
        assert any("becomes the key of a module" in said for said in complaints(LEAST, [schedule("a.b", "day")]))


class TestResidency:
    def test_signed_by_connect_needs_hooks_for_forge(self) -> None:
        [said] = complaints(f"{JIRA}{LEAST}", moves=["jira"])
        assert "declare them for Forge, too: declare_moves(forge, ...)" in said

    def test_needs_more_than_one_region(self) -> None:
        [said] = complaints(LEAST, moves=["forge"])
        assert said.endswith("data moves between regions, and there is one address; add one for each region")
        assert complaints(LEAST + EU, moves=["forge"]) == []

    def test_without_hooks_takes_no_time(self) -> None:
        [said] = complaints(f"{LEAST}dataResidency = {{ maxMigrationDurationHours = 2 }}")
        assert said.startswith("addon.toml: forge.dataResidency: there are no hooks")


class TestConnect:
    def test_key_is_one_that_connect_takes(self) -> None:
        [said] = complaints(f'{JIRA}{LEAST}connect = {{ key = "{"a" * 91}" }}')
        assert said.startswith("addon.toml: forge.connect.key: a Connect key has at most 90 letters")

    def test_intent_is_for_apps_that_were_connect_addons(self) -> None:
        text = f'{LEAST}intent = {{ migrationGuideUrl = "https://a.example", willMigrateToForgeBeforeEOS = "YES" }}'
        [said] = complaints(text)
        assert said.startswith("addon.toml: forge.intent: is for apps that were Connect add-ons")
        assert complaints(f"{JIRA}{text}") == []


class TestSection:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('app = "my-app"', "forge.app"),
            ('remote = { baseUrl = "http://a.example" }', "write an address without a path, such as https://"),
            ('remote = { baseUrl = "https://a.example/base" }', "write an address without a path, such as https://"),
            ('remote = { baseUrl = { EU = "https://a.example" } }', "remote.baseUrl: has regions and no default; add "),
            ('remote = { baseUrl = { default = "${BASE_URL}", FR = "https://a.example" } }', "forge.remote.baseUrl.FR"),
            ('runtime = { name = "nodejs18.x" }', "forge.runtime.name"),
            ("runtime = { memoryMB = 64 }", "forge.runtime.memoryMB"),
            ("filters.a = {}", "says nothing; write ignoreSelf"),
            (
                'filters.a = { ignoreSelf = true, onError = "IGNORE" }',
                "onError is of an expression; add the expression",
            ),
            (f'filters.a = {{ expression = "{"a" * 10_001}" }}', "forge.filters.a.expression"),
            ('environment = { "a-b" = true }', "is no name of a variable; use letters, digits and '_'"),
            ('content.scripts = ["${WHO}"]', "${WHO} is used and not declared; add to [forge.environment]: WHO = true"),
            ("external.fetsh = []", "external.fetsh: is not known; did you mean fetch?"),
            ('service = { tag = "latest" }', 'the tag "latest" moves; write one that is never pushed twice'),
            ('service = { tag = "1", cpu = "1m" }', "1m with 512Mi is not offered; choose one of 30m with 64Mi"),
            ('service = { tag = "1", key = "a-name-of-twenty-chars" }', "forge.service.key"),
            ('service = { tag = "1", scaling = { min = 2 } }', "min is over max; raise max"),
            ("dataResidency = { maxMigrationDurationHours = 25 }", "forge.dataResidency.maxMigrationDurationHours"),
            ('resources = { a-name-of-more-than-23-chars = "x" }', "use 1 to 23 letters, digits"),
            ('storage.entities.Build.attributes = { a = "string" }', "is no name of an entity; use 3 to 60"),
            ('storage.entities.build = { attributes = { a = "text" } }', "forge.storage.entities.build.attributes.a"),
            (
                'storage.entities.build = { attributes = { a = "string" }, indexes = { b = "c" } }',
                "the index b is over c, which is no attribute; add it, or rename it",
            ),
            (
                'intent = { migrationGuideUrl = "http://a.example", willMigrateToForgeBeforeEOS = "YES" }',
                "forge.intent.migrationGuideUrl",
            ),
            ("speed = 9", "forge.speed"),
        ],
        ids=[
            "app",
            "http",
            "path",
            "default",
            "region",
            "runtime",
            "memory",
            "filter",
            "onError",
            "expression",
            "variable",
            "undeclared",
            "external",
            "latest",
            "size",
            "service",
            "scaling",
            "hours",
            "resource",
            "entity",
            "attribute",
            "index",
            "intent",
            "unknown",
        ],
    )
    def test_refuses_what_forge_would(self, text: str, said: str) -> None:
        assert said in refusal(f"[forge]\n{text}")

    def test_finds_its_pictures(self) -> None:
        section = addon(LEAST + PANEL).manifest.sections["forge"]
        assert section.pictures() == {'modules."jira:issuePanel".panel.icon': "builds.svg"}

"""What `[jira]` and `[confluence]` may say: every mistake stops the start with its place and what to write instead."""

from typing import Any

import pytest

from app.connect.declare.addon import join
from app.connect.declare.manifest import Shown
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.dialect import AtlassianDialect
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.webhooks import WebhookOptions
from tests.hosts.atlassian.sections import ABOUT, BASE_URL, SECTIONS, complaints, event, manifest, problems, show

PANEL = '[jira.webPanels.a]\nname = "A"\nlocation = "x"\n'
NO_TYPE = "is no type of module of this product"
PAGE = '[jira.generalPages.a]\nname = "A"\n'


class TestModule:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (
                '[jira.webPanel.a]\nname = "A"',
                f"jira.webPanel: {NO_TYPE}; did you mean webPanels?",
            ),
            (
                "[jira.issueContexts.a]",
                f"jira.issueContexts: {NO_TYPE}; did you mean jiraIssueContexts?",
            ),
            ("[jira.dynamicContentMacros.a]", f"jira.dynamicContentMacros: {NO_TYPE}; "),
            ('[jira.webPanels.a]\nname = "A"', "jira.webPanels.a.location: is missing; add it"),
            (
                '[jira.webPanels.a]\nname = "A"\nlocation = ""',
                "jira.webPanels.a.location: is empty; write",
            ),
            ("[jira.jiraReports.a]", "jira.jiraReports.a.description: is missing; add it"),
            (PANEL + 'conditons = ["x"]', "jira.webPanels.a.conditons: is not known here; did you mean conditions?"),
            (
                PANEL + "layout = { widht = '1' }",
                "jira.webPanels.a.layout.widht: is not known here; did you mean width?",
            ),
            (
                PANEL + 'url = "/x"',
                "jira.webPanels.a.url: is made from the key; remove it, and put what varies",
            ),
            (PANEL + "cacheable = true", "jira.webPanels.a.cacheable: pages are answered to signed requests"),
            (PANEL + 'name2 = 1\nweight = "high"', "jira.webPanels.a.weight: Input should be a valid integer"),
            (
                '[jira.webPanels."a.b"]\nname = "A"\nlocation = "x"',
                "jira.webPanels.a.b: is not a key; use 1 to 40 letters, digits, '_' and '-'",
            ),
            (
                PANEL + PAGE,
                "jira.generalPages.a and webPanels.a: have the same key, and hosts take each once; rename",
            ),
            (
                '[jira.configurePage.a]\nname = "A"\n[jira.configurePage.b]\nname = "B"',
                "jira.configurePage: there is one for the whole add-on; keep one",
            ),
            (
                '[jira.webItems.a]\nname = "A"\nlocation = "x"\nopens = "ask"',
                'jira.webItems.a.opens: there is no dialog or page "ask"; add [jira.dialogs.ask]',
            ),
            (
                '[jira.webItems.a]\nname = "A"\nlocation = "x"\nopens = "b"\nurl = "https://e.example"\n[jira.dialogs.b]',
                "jira.webItems.a.opens: and url exclude each other; remove one",
            ),
            (
                '[jira.webItems.a]\nname = "A"\nlocation = "x"\nurl = "report"',
                "jira.webItems.a.url: write a whole address, or a path of the product with context = 'product'",
            ),
            (
                '[jira.jiraProjectAdminTabPanels.a]\nname = "A"\nlocation = "projectgroup5"',
                "jira.jiraProjectAdminTabPanels.a.location: must be one of 'projectgroup1', 'projectgroup2'",
            ),
            (
                '[jira.jiraBackgroundScripts.a]\nlocation = { type = "everywhere" }',
                'jira.jiraBackgroundScripts.a.location: has the type "issue_view" or "dashboard"',
            ),
            (
                '[jira.keyboardShortcuts.a]\nname = "A"\nshortcut = "abcd"\ntarget = { key = "a" }',
                "jira.keyboardShortcuts.a.shortcut: does not have the form ^[a-z]{1,3}$",
            ),
            (
                '[jira.jiraIssueContents.a]\nname = "A"\ntooltip = "A"\nicon = "a.svg"\ntarget = { type = "page" }',
                "jira.jiraIssueContents.a.target.type: must be one of 'web_panel'",
            ),
        ],
    )
    def test_mistake_is_named_with_its_fix(self, text: str, line: str) -> None:
        said = complaints("jira", text)
        assert said.startswith("addon.toml needs mending:\n")
        assert f"  {line}" in said

    @pytest.mark.parametrize(
        ("query", "line"),
        [
            ('{ jwt = "x" }', "query.jwt: is added by the host itself; choose another name"),
            ('{ xdm_e = "x" }', "query.xdm_e: is added by the host itself; choose another name"),
            ('{ "ids[0]" = "x" }', "query.ids[0]: is not a name that everybody signs alike"),
            ('{ i = "{isue.key}" }', "query.i: the host fills in no {isue.key}; did you mean {issue.key}?"),
        ],
    )
    def test_parameter_that_would_not_arrive_is_refused(self, query: str, line: str) -> None:
        assert f"  jira.webPanels.a.{line}" in complaints("jira", f"{PANEL}query = {query}")

    @pytest.mark.parametrize(
        ("conditions", "line"),
        [
            (
                '["/may-i"]',
                "0.condition: conditions at an address do not exist in the cloud; name one of the",
            ),
            ("[{ invert = true }]", '0: write { condition = "..." }, or { or = [...] } or { and = [...] }'),
            ("[{ or = [{ invert = true }] }]", '0.conditions.0: write { condition = "..." }, or { or = [...] }'),
            ('[{ type = "or" }]', '0: write { condition = "..." }, or { or = [...] } or { and = [...] }'),
            ('[{ condition = "a", inverted = true }]', "inverted: is not known here; did you mean invert?"),
        ],
    )
    def test_condition_that_is_none_is_refused(self, conditions: str, line: str) -> None:
        assert f"  jira.webPanels.a.conditions.{line}" in complaints("jira", f"{PANEL}conditions = {conditions}")

    @pytest.mark.parametrize("variable", ["{ac.anything}", '{condition.is_admin(x="y")}', "{unheardOf}", "no variable"])
    def test_parameter_that_may_arrive_passes(self, variable: str) -> None:
        manifest("jira", f"{PANEL}query = {{ a = '{variable}' }}")


class TestSection:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("webhooks = []", "jira.webhooks: is not written here: declare a handler of the event, `.on(...)`"),
            ("lifecycle = {}", "jira.lifecycle: is not written here: the plumbing answers it"),
            ('authentication = { type = "none" }', "jira.authentication: is not written here: it is always jwt"),
            (
                "apiMigrations = { gdpr = false }",
                "jira.apiMigrations: is not written here: all of them are done",
            ),
            ("[jira.modules.webPanels.a]", "jira.modules: is not written here: leave `modules` out"),
            ("apiVersion = 0", "jira.apiVersion: Input should be greater than or equal to 1"),
            ('regionBaseUrls = { XX = "https://x.example" }', "jira.regionBaseUrls.XX: must be one of 'US', 'EU'"),
            (
                'regionBaseUrls = { EU = "http://x.example" }',
                "jira.regionBaseUrls.EU: write an address that begins with https://",
            ),
        ],
    )
    def test_mistake_is_named_with_its_fix(self, text: str, line: str) -> None:
        assert f"  {line}" in complaints("jira", text)

    def test_shows_one_handler_for_each_kind_and_key(self) -> None:
        text = """
        [confluence.dynamicContentMacros.chart]
        name = "Chart"
        editor = true
        renderModes = { pdf = true, word = true }
        [confluence.generalPages.hello]
        name = "Hello"
        """
        assert list(manifest("confluence", text).sections["confluence"].shown()) == [
            Shown("page", "hello", "Page", "generalPages.hello"),
            Shown("macro", "chart", "Page", "dynamicContentMacros.chart"),
            Shown("editor", "chart", "Page", "dynamicContentMacros.chart"),
            Shown("storage", "chart", "Storage", "dynamicContentMacros.chart"),
        ]

    def test_names_its_pictures_and_translations(self) -> None:
        text = """
        translations = { en-US = "en.json" }
        [confluence.customContent.note]
        name = "Note"
        apiSupport = { supportedContainerTypes = ["space"] }
        uiSupport = { contentViewComponent = { moduleKey = "a" }, icons = { item = { url = "item.svg" } } }
        """
        assert manifest("confluence", text).sections["confluence"].pictures() == {
            "customContent.note.uiSupport.icons.item": "item.svg",
            "translations.en-US": "en.json",
        }

    @pytest.mark.parametrize(
        ("host", "kind"),
        [
            *((host, kind) for host in SECTIONS for kind in ("panel", "page", "dialog")),
            *(("jira", kind) for kind in ("view", "create", "edit")),
            *(("confluence", kind) for kind in ("macro", "storage", "editor", "property_panel")),
        ],
    )
    def test_lines_it_proposes_for_a_module_show_it(self, host: str, kind: str) -> None:
        lines = SECTIONS[host]().missing_section(kind, "a")
        shown = manifest(host, f"[{host}.{lines.removeprefix('[')}").sections[host].shown()
        assert (kind, "a") in {(one.kind, one.key) for one in shown}

    def test_module_without_handler_is_named_by_its_table(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            join(manifest("jira", PANEL), [Router[object]()], base_url=BASE_URL)
        assert "addon.toml has [jira.webPanels.a], but nothing answers it." in str(refused.value)
        assert '@router.panel("a")' in str(refused.value)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("about", "line"),
        [
            (ABOUT.replace("com.example.test", "com/test"), "addon.toml: addon.key: has at most 64 letters"),
            (ABOUT.replace("com.example.test", "a" * 65), "addon.toml: addon.key: has at most 64 letters"),
            (ABOUT.replace('"Test"', f'"{"T" * 81}"'), "addon.toml: addon.name: is too long; the host allows 80"),
            (
                ABOUT + f'vendor = {{ name = "V", url = "https://{"v" * 200}.example" }}',
                "addon.toml: addon.vendor.url: is too long; the host allows 200",
            ),
        ],
    )
    def test_of_the_addon(self, about: str, line: str) -> None:
        assert line in problems("jira", "", about=about)

    def test_key_and_name_of_the_greatest_length_pass(self) -> None:
        about = ABOUT.replace("com.example.test", "a" * 64).replace('"Test"', f'"{"T" * 80}"')
        assert problems("jira", "", about=about) == ""

    @pytest.mark.parametrize(
        ("host", "scope", "known"),
        [
            ("jira", "SPACE_ADMIN", "PROJECT_ADMIN"),
            ("confluence", "PROJECT_ADMIN", "SPACE_ADMIN"),
            ("jira", "x", "READ"),
        ],
    )
    def test_of_scopes(self, host: str, scope: str, known: str) -> None:
        said = problems(host, f'scopes = ["{scope}"]')
        assert f'addon.toml: {host}.scopes: "{scope}" is not a scope of this product; use NONE, READ' in said
        assert known in said

    def test_events_for_who_may_not_read(self) -> None:
        events = [event("jira", "created", "jira:issue_created")]
        assert problems("jira", "", events) == 'addon.toml: jira.scopes: events are sent to who may read; add "READ"'
        assert problems("jira", 'scopes = ["write"]', events) == ""

    def test_calls_and_their_modules_go_together(self) -> None:
        text = '[jira.jiraWorkflowPostFunctions.close]\nname = "Close"'
        assert problems("jira", text) == ""
        assert "\n".join(AtlassianDialect("jira").problems(join(manifest("jira", text), [], base_url=BASE_URL))) == (
            "addon.toml has [jira.jiraWorkflowPostFunctions.close], but nothing answers it. "
            'Add to a file that app/addon/__init__.py lists: @jira.on_call("close")'
        )
        assert problems("jira", "", [event("jira", "open", CALL)]) == (
            "@jira.on_call('open'): no module of addon.toml has that key; "
            "add [jira.jiraWorkflowPostFunctions.open], or another that is called"
        )
        assert problems("confluence", "", [event("confluence", "open", CALL)]).endswith(
            "add [confluence.blueprints.open], or another that is called"
        )

    @pytest.mark.parametrize(
        ("text", "kind", "where"),
        [
            ('[jira.adminPages.a]\nname = "A"', "page", "adminPages"),
            ('[jira.configurePage.a]\nname = "A"', "page", "configurePage"),
            (PANEL + 'conditions = ["user_is_admin"]', "panel", "webPanels"),
            (PANEL + 'conditions = ["x", { condition = "user_is_sysadmin" }]', "panel", "webPanels"),
        ],
    )
    def test_handlers_that_answer_everybody_what_administrators_are_shown(
        self, text: str, kind: str, where: str
    ) -> None:
        router = Router[Any]()
        getattr(router, kind)("a")(show)
        open_to_all = join(manifest("jira", text), [router], base_url=BASE_URL)
        assert "\n".join(AtlassianDialect("jira").problems(open_to_all)) == (
            f"addon.toml shows [jira.{where}.a] to administrators only, but its handler answers everybody. "
            f'Write @router.{kind}("a", require_admin=True)'
        )
        said = 'addon.toml: jira.scopes: who administers the site is told to who may read; add "READ"'
        assert problems("jira", text) == said
        assert problems("jira", f'scopes = ["READ"]\n{text}') == ""

    def test_nothing_of_a_module_that_administrators_are_not_shown(self) -> None:
        router = Router[Any]()
        router.panel("a")(show)
        text = PANEL + 'conditions = [{ condition = "user_is_admin", invert = true }]'
        assert AtlassianDialect("jira").problems(join(manifest("jira", text), [router], base_url=BASE_URL)) == []

    def test_filters_of_what_is_not_filtered(self) -> None:
        options = WebhookOptions(filter="x" * 10_001)
        said = problems("jira", 'scopes = ["READ"]', [event("jira", "a", "sprint_closed", options)])
        assert "The handler 'a': the filter is over 10000 characters; shorten it" in said
        assert "a filter applies to issues and comments only, not to sprint_closed; remove it" in said

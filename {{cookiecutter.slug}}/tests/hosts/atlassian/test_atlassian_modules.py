"""The modules of the descriptors, type by type, as the protocol reference has them."""

import pytest

from tests.hosts.atlassian.sections import modules


class TestModules:
    def test_general_page_needs_a_section_of_two_lines(self) -> None:
        text = '[jira.generalPages.hello]\nname = "Hello"\nlocation = "system.top.navigation.bar"'
        assert modules("jira", text) == {
            "generalPages": [
                {
                    "key": "hello",
                    "name": {"value": "Hello"},
                    "location": "system.top.navigation.bar",
                    "url": "/jira/page/hello",
                }
            ]
        }

    def test_panel_has_every_member_and_a_query_with_variables(self) -> None:
        text = """
        [jira.webPanels.report]
        name = { value = "Builds", i18n = "report.name" }
        tooltip = "What was built"
        location = "atl.jira.view.issue.right.context"
        weight = 5
        layout = { width = "10px", height = "100%" }
        params = { a = "b" }
        newer = { than = ["we"] }
        query = { issue = "{issue.key}", "project.id" = "{project.id}", mode = "a b&c={ac.x}" }
        conditions = [
            "user_is_logged_in",
            { condition = "user_is_admin", invert = true },
            { or = [{ condition = "has_issue_permission", params = { permission = "EDIT" } }, { and = ["a", "b"] }] },
        ]
        """
        assert modules("jira", text)["webPanels"] == [
            {
                "key": "report",
                "name": {"value": "Builds", "i18n": "report.name"},
                "tooltip": {"value": "What was built"},
                "location": "atl.jira.view.issue.right.context",
                "weight": 5,
                "layout": {"width": "10px", "height": "100%"},
                "params": {"a": "b"},
                "newer": {"than": ["we"]},
                "url": "/jira/panel/report?issue={issue.key}&project.id={project.id}&mode=a%20b%26c%3D{ac.x}",
                "conditions": [
                    {"condition": "user_is_logged_in"},
                    {"condition": "user_is_admin", "invert": True},
                    {
                        "type": "or",
                        "conditions": [
                            {"condition": "has_issue_permission", "params": {"permission": "EDIT"}},
                            {"type": "and", "conditions": [{"condition": "a"}, {"condition": "b"}]},
                        ],
                    },
                ],
            }
        ]

    @pytest.mark.parametrize("kind", ["jiraIssueContexts", "jiraIssueGlances"])
    def test_issue_context_is_a_panel_behind_a_label(self, kind: str) -> None:
        text = f'[jira.{kind}.builds]\nname = "Builds"\nicon = "builds.svg"\nquery = {{ issue = "{{issue.key}}" }}'
        assert modules("jira", text)[kind] == [
            {
                "key": "builds",
                "name": {"value": "Builds"},
                "icon": {"url": "/static/builds.svg"},
                "content": {"type": "label", "label": {"value": "Builds"}},
                "target": {"type": "web_panel", "url": "/jira/panel/builds?issue={issue.key}"},
            }
        ]

    def test_issue_content_is_a_panel_behind_a_button(self) -> None:
        text = '[jira.jiraIssueContents.add]\nname = "Add"\ntooltip = "Add it"\nicon = { url = "a.svg", width = 24 }'
        assert modules("jira", text)["jiraIssueContents"] == [
            {
                "key": "add",
                "name": {"value": "Add"},
                "tooltip": {"value": "Add it"},
                "icon": {"url": "/static/a.svg", "width": 24},
                "target": {"type": "web_panel", "url": "/jira/panel/add"},
            }
        ]

    def test_configuration_is_an_object_and_no_list(self) -> None:
        text = 'scopes = ["READ"]\n[confluence.configurePage.setup]\nname = "Setup"'
        assert modules("confluence", text)["configurePage"] == {
            "key": "setup",
            "name": {"value": "Setup"},
            "url": "/confluence/page/setup",
        }

    def test_web_items_open_dialogs_and_pages_by_key_or_are_their_own(self) -> None:
        text = """
        [jira.dialogs.ask]
        options = { size = "medium", header = "Ask" }
        [jira.generalPages.list]
        name = "List"
        [jira.webItems.a]
        name = "A"
        location = "x"
        opens = "ask"
        [jira.webItems.b]
        name = "B"
        location = "x"
        opens = "list"
        [jira.webItems.c]
        name = "C"
        location = "x"
        target = { type = "inlinedialog", options = { width = "200px" } }
        [jira.webItems.d]
        name = "D"
        location = "x"
        url = "https://example.com/d"
        [jira.webItems.e]
        name = "E"
        location = "x"
        """
        found = modules("jira", text)
        assert found["dialogs"] == [
            {
                "key": "ask",
                "options": {"size": "medium", "header": {"value": "Ask"}},
                "url": "/jira/dialog/ask",
            }
        ]
        said = {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
        common = {key: {"key": key, "name": {"value": name}, "location": "x"} for key, name in said.items()}
        assert found["webItems"] == [
            {**common["a"], "target": {"type": "dialogmodule", "options": {"key": "ask"}}},
            {**common["b"], "url": "/plugins/servlet/ac/com.example.test/list", "context": "product"},
            {
                **common["c"],
                "target": {"type": "inlinedialog", "options": {"width": "200px"}},
                "url": "/jira/dialog/c",
            },
            {**common["d"], "url": "https://example.com/d"},
            {**common["e"], "url": "/jira/page/e"},
        ]

    def test_workflow_functions_are_called_and_have_pages(self) -> None:
        text = """
        [jira.jiraWorkflowPostFunctions.close]
        name = "Close"
        create = true
        edit = { query = { config = "{postFunction.config}" } }
        [jira.jiraWorkflowValidators.ready]
        name = "Ready"
        expression = "issue.comments.length > 0"
        errorMessage = "Say something first"
        """
        found = modules("jira", text)
        assert found["jiraWorkflowPostFunctions"] == [
            {
                "key": "close",
                "name": {"value": "Close"},
                "triggered": {"url": "/jira/webhook/close"},
                "create": {"url": "/jira/create/close"},
                "edit": {"url": "/jira/edit/close?config={postFunction.config}"},
            }
        ]
        assert found["jiraWorkflowValidators"][0]["errorMessage"] == {"value": "Say something first"}
        assert "webhooks" not in found

    def test_dashboard_items_name_a_picture(self) -> None:
        text = (
            '[jira.jiraDashboardItems.d]\nname = "D"\ndescription = "Dd"\nthumbnailUrl = "d.png"\nconfigurable = true'
        )
        assert modules("jira", text)["jiraDashboardItems"] == [
            {
                "key": "d",
                "name": {"value": "D"},
                "description": {"value": "Dd"},
                "thumbnailUrl": "/static/d.png",
                "configurable": True,
                "url": "/jira/panel/d",
            }
        ]

    def test_properties_are_what_searches_find(self) -> None:
        text = """
        [jira.jiraEntityProperties.state]
        name = "State"
        entityType = "issue"
        [[jira.jiraEntityProperties.state.keyConfigurations]]
        propertyKey = "builds"
        extractions = [{ objectName = "state", type = "string", alias = "b" }]
        """
        assert modules("jira", text)["jiraEntityProperties"] == [
            {
                "key": "state",
                "name": {"value": "State"},
                "entityType": "issue",
                "keyConfigurations": [
                    {
                        "propertyKey": "builds",
                        "extractions": [{"objectName": "state", "type": "string", "alias": "b"}],
                    }
                ],
            }
        ]

    def test_macros_have_their_editor_and_renderings(self) -> None:
        text = """
        [confluence.dynamicContentMacros.chart]
        name = "Chart"
        query = { of = "{project}", page = "{content.id}" }
        parameters = [{ identifier = "project", name = "Project", type = "string", required = true }]
        renderModes = { pdf = true, word = { query = { of = "{project}" } } }
        imagePlaceholder = "chart.png"
        [confluence.dynamicContentMacros.chart.editor]
        insertTitle = { value = "Insert" }
        [confluence.staticContentMacros.note]
        name = "Note"
        bodyType = "rich-text"
        """
        found = modules("confluence", text)
        assert found["dynamicContentMacros"] == [
            {
                "key": "chart",
                "name": {"value": "Chart"},
                "url": "/confluence/macro/chart?of={project}&page={content.id}",
                "parameters": [
                    {"identifier": "project", "name": {"value": "Project"}, "type": "string", "required": True}
                ],
                "renderModes": {
                    "pdf": {"url": "/confluence/storage/chart"},
                    "word": {"url": "/confluence/storage/chart?of={project}"},
                },
                "imagePlaceholder": {"url": "/static/chart.png"},
                "editor": {"insertTitle": {"value": "Insert"}, "url": "/confluence/editor/chart"},
            }
        ]
        assert found["staticContentMacros"] == [
            {"key": "note", "name": {"value": "Note"}, "bodyType": "rich-text", "url": "/confluence/storage/note"}
        ]

    def test_types_without_a_model_pass_as_they_are_with_their_addresses(self) -> None:
        text = """
        [jira.serviceDeskPortalHeaders.top]
        pages = ["help_center"]
        [jira.automationActions.act]
        name = "Act"
        requires = ["issue"]
        configForm = true
        [jira.jiraBuildInfoProvider.ci]
        name = "CI"
        homeUrl = "https://ci.example"
        logoUrl = "ci.png"
        """
        assert modules("jira", text) == {
            "serviceDeskPortalHeaders": [{"key": "top", "pages": ["help_center"], "url": "/jira/panel/top"}],
            "automationActions": [
                {
                    "key": "act",
                    "name": {"value": "Act"},
                    "requires": ["issue"],
                    "webhook": {"url": "/jira/webhook/act"},
                    "configForm": {"url": "/jira/page/act"},
                }
            ],
            "jiraBuildInfoProvider": [
                {
                    "key": "ci",
                    "name": {"value": "CI"},
                    "homeUrl": "https://ci.example",
                    "logoUrl": "/static/ci.png",
                }
            ],
        }

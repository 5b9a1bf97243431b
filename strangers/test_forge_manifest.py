"""Descriptors for Jira and Confluence, judged by Atlassian's own definitions of Connect modules in @forge/manifest."""

from typing import Any

import pytest

from strangers.environments import ENVIRONMENTS, STRANGERS, find_node, node_modules
from strangers.processes import Client
from tools.paths import REPOSITORY, TEMPLATE

PRODUCTS = ("jira", "confluence")
Types = dict[str, dict[str, Any]]

BESIDE = {"lifecycle", "translations", "cloudAppMigration", "webhooks"}
"""Modules of a manifest that are no tables of addon.toml: written by the plumbing, or not offered."""
VALUES: dict[str, Any] = {
    "name": "Name",
    "description": "Said of it",
    "tooltip": "Tip",
    "icon": "icon.svg",
    "location": "somewhere",
    "thumbnailUrl": "picture.png",
    "logoUrl": "logo.png",
    "homeUrl": "https://home.example",
    "url": "https://tool.example",
    "shortcut": "g",
    "target": {"key": "other"},
    "expression": "true",
    "errorMessage": "No",
    "application": {"value": "tool"},
    "capabilities": ["commit"],
    "callback": {"type": "jwt"},
    "type": "standard",
    "types": ["issue"],
    "operators": ["in"],
    "arguments": [{"name": "a", "required": True}],
    "apiSupport": {"supportedContainerTypes": ["space"]},
    "uiSupport": {"contentViewComponent": {"moduleKey": "other"}, "icons": {"item": {"url": "icon.svg"}}},
}
"""A value for each field that some type requires."""
OF_A_TYPE: dict[str, dict[str, Any]] = {
    "jira:jiraBackgroundScripts": {"location": {"type": "issue_view"}},
    "jira:jiraProjectAdminTabPanels": {"location": "projectgroup1"},
    "jira:jiraJqlFunctions": {"name": "found"},
    "jira:jiraIssueFields": {"type": "string"},
}
MUCH: dict[str, dict[str, Any]] = {
    "jira": {
        "scopes": ["read", "ACT_AS_USER"],
        "translations": {"en-US": "en.json"},
        "generalPages": {"hello": {"name": {"value": "Hello", "i18n": "hello"}, "location": "none", "weight": 1}},
        "webPanels": {
            "report": {
                "name": "Report",
                "location": "atl.jira.view.issue.right.context",
                "layout": {"width": "100%", "height": "80px"},
                "tooltip": "Tip",
                "query": {"issue": "{issue.key}"},
                "conditions": ["user_is_logged_in", {"or": ["a", {"and": [{"condition": "b", "invert": True}]}]}],
            }
        },
        "dialogs": {"ask": {"options": {"size": "x-large", "chrome": False, "header": "Ask", "width": "9px"}}},
        "webItems": {
            "open": {"name": "Ask", "location": "x", "opens": "ask", "styleClasses": ["a"]},
            "show": {"name": "Hello", "location": "x", "opens": "hello", "icon": {"url": "a.svg", "width": 16}},
            "float": {"name": "Float", "location": "x", "target": {"type": "inlinedialog"}},
        },
        "jiraIssueContexts": {"builds": {"name": "Builds", "icon": "a.svg", "jiraNativeAppsEnabled": True}},
        "jiraWorkflowPostFunctions": {"close": {"name": "Close", "create": True, "edit": True, "view": True}},
        "jiraWorkflowValidators": {
            "ready": {"name": "Ready", "expression": "true", "errorMessage": {"expression": "'no'"}}
        },
        "jiraEntityProperties": {
            "state": {
                "name": "State",
                "entityType": "issue",
                "keyConfigurations": [
                    {"propertyKey": "builds", "extractions": [{"objectName": "state", "type": "string", "alias": "b"}]}
                ],
            }
        },
        "automationActions": {"act": {"name": "Act", "configForm": True, "requires": ["issue"]}},
    },
    "confluence": {
        "scopes": ["SPACE_ADMIN"],
        "spaceToolsTabs": {"tab": {"name": "Tab", "weight": 3}},
        "contentBylineItems": {"by": {"name": "By", "tooltip": "By", "contentPropertyKey": "by-line"}},
        "dynamicContentMacros": {
            "chart": {
                "name": "Chart",
                "bodyType": "multi-body-rich-text",
                "outputType": "inline",
                "editor": {"insertTitle": {"value": "Insert"}, "width": "9px"},
                "propertyPanel": True,
                "renderModes": {"pdf": True, "default": True},
                "imagePlaceholder": {"url": "a.png", "width": 9, "height": 9, "applyChrome": True},
                "autoconvert": {"urlParameter": "url", "matchers": [{"pattern": "https://x.example/{}"}]},
                "documentation": {"url": "https://docs.example"},
                "parameters": [
                    {"identifier": "of", "name": "Of", "type": "enum", "values": ["a", "b"], "defaultValue": "a"}
                ],
            }
        },
        "staticContentMacros": {"note": {"name": "Note", "renderingMethod": "get", "categories": ["formatting"]}},
        "blueprints": {"plan": {"name": "Plan", "createResult": "view", "template": {"blueprintContext": {}}}},
    },
}
WRONG: dict[str, Any] = {
    "product": "jira",
    "descriptor": {
        "lifecycle": {},
        "modules": {"webPanels": [{"key": "a b", "name": "A", "url": "/a"}], "nothing": []},
    },
}
EVENTS = {"jira": ["jira:issue_updated", "comment_created"], "confluence": ["page_created"]}


@pytest.fixture(scope="module")
def addon(project_python: str) -> Client:
    """Return a project's own words for add-ons that are made up."""
    driver = STRANGERS / "forge-manifest" / "describe.py"
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    return Client([project_python, str(driver)], {"PYTHONPATH": str(REPOSITORY / TEMPLATE)})


@pytest.fixture(scope="module")
def judge() -> Client:
    """Return Atlassian's definitions."""
    modules = node_modules("forge-manifest")
    return Client(
        [find_node("node"), str(STRANGERS / "forge-manifest" / "validate.js")],
        {"NODE_PATH": str(modules)},
    )


@pytest.fixture(scope="module")
def definitions(judge: Client) -> Types:
    found: Types = judge.do("definitions")
    return {name: one for name, one in found.items() if name.partition(":")[2] not in BESIDE}


@pytest.fixture(scope="module")
def types(addon: Client) -> Types:
    found: Types = addon.do("types")
    return found


def table(name: str, one: dict[str, Any]) -> dict[str, Any]:
    """Return a table of addon.toml with the fields that a type requires, and none else."""
    return {field: VALUES[field] for field in one["required"]} | OF_A_TYPE.get(name, {})


def section(names: list[str], types: Types) -> dict[str, Any]:
    """Return a section with one module of each of these types."""
    return {
        name.partition(":")[2]: {f"m{number}": table(name, types[name])} for number, name in enumerate(sorted(names))
    }


class TestTypes:
    def test_are_those_of_the_definitions(self, types: Types, definitions: Types) -> None:
        assert sorted(types) == sorted(definitions)

    def test_require_nothing_that_the_definitions_do_not(self, types: Types, definitions: Types) -> None:
        more = {name: {*one["required"]} - {*definitions[name]["required"]} for name, one in types.items()}
        assert {name: fields for name, fields in more.items() if fields} == {}

    def test_choices_are_those_of_the_definitions(self, types: Types, definitions: Types) -> None:
        different = {
            f"{name}.{field}"
            for name, one in types.items()
            for field, values in one["choices"].items()
            if definitions[name]["choices"].get(field, values) != values
        }
        # Narrower on purpose: what the host would post is asked for in the address.
        assert different == {"confluence:staticContentMacros.renderingMethod"}
        compared = {
            field for name, one in types.items() for field in one["choices"] if field in definitions[name]["choices"]
        }
        assert compared >= {"context", "entityType", "reportCategory", "outputType", "bodyType", "evaluationContext"}


@pytest.fixture(scope="module")
def descriptors(addon: Client, types: Types) -> dict[str, Any]:
    """Return what is made of each section: the least of every type, much of those people use, and nothing at all."""
    asked: dict[str, Any] = {}
    for product in PRODUCTS:
        least = section([name for name in types if name.startswith(f"{product}:")], types)
        asked[f"{product} least"] = {"host": product, "section": {"scopes": ["READ"], **least}}
        asked[f"{product} much"] = {"host": product, "section": MUCH[product], "events": EVENTS[product]}
        empty: dict[str, Any] = {kind: {key: {} for key in modules} for kind, modules in least.items()}
        asked[f"{product} empty"] = {"host": product, "section": empty}
    made: dict[str, Any] = addon.do("describeAll", sections=asked)
    return made


@pytest.fixture(scope="module")
def verdicts(judge: Client, descriptors: dict[str, Any]) -> dict[str, list[str]]:
    """Return what the definitions have against each descriptor."""
    judged = {
        name: {"product": name.partition(" ")[0], "descriptor": one}
        for name, one in descriptors.items()
        if "error" not in one
    }
    said: dict[str, list[str]] = judge.do("validateAll", descriptors=judged | {"wrong": WRONG})
    return said


class TestDescriptor:
    @pytest.mark.parametrize("product", PRODUCTS)
    def test_with_the_least_of_every_type_is_valid(
        self, descriptors: dict[str, Any], verdicts: dict[str, list[str]], types: Types, product: str
    ) -> None:
        shown = {name.partition(":")[2] for name in types if name.startswith(f"{product}:")}
        assert {*descriptors[f"{product} least"]["modules"]} == shown
        assert verdicts[f"{product} least"] == []

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_with_much_of_the_types_people_use_is_valid(
        self, descriptors: dict[str, Any], verdicts: dict[str, list[str]], product: str
    ) -> None:
        made = descriptors[f"{product} much"]["modules"]
        assert [hook["event"] for hook in made["webhooks"]] == EVENTS[product]
        assert verdicts[f"{product} much"] == []

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_without_a_required_field_is_never_written(
        self, descriptors: dict[str, Any], types: Types, product: str
    ) -> None:
        names = [name for name in types if name.startswith(f"{product}:")]
        wanted = [
            f"{product}.{kind}.{key}.{field}"
            for kind, modules in section(names, types).items()
            for key in modules
            for field in types[f"{product}:{kind}"]["required"]
        ]
        said = descriptors[f"{product} empty"]["error"].splitlines()
        missing = [line.strip().partition(":")[0] for line in said if line.endswith("is missing; add it")]
        assert sorted(missing) == sorted(wanted)

    def test_that_is_wrong_is_found(self, verdicts: dict[str, list[str]]) -> None:
        """A judge that finds nothing would find nothing wrong."""
        said = "\n".join(verdicts["wrong"])
        assert "must have required property 'location'" in said
        assert "webPanels/0/key: must match pattern" in said
        assert "webPanels/0/name: must be object" in said
        assert "nothing: no definition" in said

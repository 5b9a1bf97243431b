"""Manifests of apps, judged by the validators that the Forge command line runs before it deploys one."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from strangers.environments import ENVIRONMENTS, STRANGERS, find_node, node_modules
from strangers.processes import Client
from strangers.test_forge_manifest import EVENTS, MUCH, PRODUCTS, Types, section
from tools.paths import REPOSITORY, TEMPLATE

Manifest = dict[str, Any]
Verdict = dict[str, list[str]]

VALIDATIONS = ("full", "product-trigger", "forge-remote-compute")
VARIABLES = {
    "APP_ID": "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000",
    "BASE_URL": "https://addon.example.com",
}
FRONTEND = "forge/build"
REGIONS = {"default": "${BASE_URL}", "EU": "https://eu.example.com", "AU": "https://au.example.com"}
SCOPES = [
    "read:jira-work",
    "read:jira-user",
    "manage:jira-configuration",
    "read:confluence-content.summary",
    "write:confluence-content",
    "read:confluence-space.summary",
    "write:confluence-space",
    "read:confluence-user",
    "read:confluence-groups",
]
"""Enough for every event that Connect has a name for."""
PANEL = {"title": "Builds", "icon": "https://pictures.example.com/a.svg", "resource": "main"}
FORGE: dict[str, Any] = {
    "scopes": [*SCOPES, "storage:app"],
    "userToken": True,
    "resources": {"main": FRONTEND},
    "remote": {"baseUrl": REGIONS},
    "licensing": {"editionsEnabled": True, "modes": ["user-access"]},
    "access": {"userAccess": True},
    "compatibility": {"jira": {"required": True}, "confluence": {"required": False}},
    "runtime": {"name": "nodejs24.x", "architecture": "arm64", "memoryMB": 256},
    "intent": {"migrationGuideUrl": "https://example.com/move", "willMigrateToForgeBeforeEOS": "YES"},
    "external": {"fetch": {"client": [{"remote": "backend"}]}, "images": [{"address": "pictures.example.com"}]},
    "content": {"styles": ["unsafe-inline"]},
    "sandbox": ["allow-storage-access-by-user-activation"],
    "enforcement": "app-managed",
    "dataResidency": {"maxMigrationDurationHours": 1.5},
    "environment": {"COLOUR": "red"},
    "filters": {
        "jira-issue_updated": {"ignoreSelf": True, "expression": "true", "fields": ["issue.id"]},
        "tidy": {"appIsLicensed": True},
    },
    "translations": {"resources": [{"key": "en-US", "path": "locales/en-US.json"}], "fallback": {"default": "en-US"}},
    "storage": {
        "entities": {
            "build": {
                "attributes": {"state": "string", "number": "integer"},
                "indexes": {"by-state": "state", "by-number": {"range": ["number"], "partition": ["state"]}},
            }
        }
    },
    "modules": {
        "jira:issuePanel": {"panel": PANEL},
        "jira:issueContext": {"context": {"title": "Builds", "label": "Builds", "resource": "main"}},
        "jira:adminPage": {"admin": {"title": "Builds", "resource": "main"}},
        "jira:jqlFunction": {
            "red": {
                "name": "red",
                "types": ["issue"],
                "operators": ["in"],
                "arguments": [{"name": "a", "required": True}],
            }
        },
        "confluence:contentBylineItem": {"byline": {"title": "Builds", "resource": "main"}},
        "macro": {"diagram": {"title": "Chart", "resource": "main"}},
    },
}
CALLS = [["forge", "list", "resolver"], ["forge", "red", "resolver"], ["forge", "tidy", "every:day"]]


def handlers(product: str) -> list[list[str]]:
    """Return a handler for each event that the descriptors of the other tests have."""
    return [[product, name.replace(":", "-"), name] for name in EVENTS[product]]


@pytest.fixture(scope="module")
def addon(project_python: str) -> Client:
    """Return a project's own manifests of add-ons that are made up."""
    driver = STRANGERS / "forge-manifest" / "write.py"
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    return Client([project_python, str(driver)], {"PYTHONPATH": str(REPOSITORY / TEMPLATE)})


def node_program(name: str) -> Client:
    """Return a program that has Atlassian's package."""
    modules = node_modules("forge-manifest")
    return Client([find_node("node"), str(STRANGERS / "forge-manifest" / name)], {"NODE_PATH": str(modules)})


@pytest.fixture(scope="module")
def judge() -> Client:
    """Return Atlassian's validators."""
    return node_program("judge.js")


@pytest.fixture(scope="module")
def published(judge: Client) -> dict[str, Any]:
    found: dict[str, Any] = judge.do("published")
    return found


@pytest.fixture(scope="module")
def known(addon: Client) -> dict[str, Any]:
    found: dict[str, Any] = addon.do("published")
    return found


class TestPublished:
    def test_scopes_are_known(self, known: dict[str, Any], published: dict[str, Any]) -> None:
        assert known["scopes"] == published["scopes"]

    def test_events_are_known_with_their_scopes(self, known: dict[str, Any], published: dict[str, Any]) -> None:
        mine = {name: {kind: sorted(scopes) for kind, scopes in one.items()} for name, one in known["events"].items()}
        assert mine == published["events"]

    def test_types_of_modules_are_known(self, known: dict[str, Any], published: dict[str, Any]) -> None:
        mine = {
            name: {
                "endpoints": sorted(path for path in one["endpoints"] if path.rpartition(".")[2] == "endpoint"),
                "required": sorted(",".join(fields) for fields in one["required"]),
            }
            for name, one in known["modules"].items()
        }
        theirs = {
            name: {"endpoints": sorted({*one["endpoints"]}), "required": one["required"]}
            for name, one in published["modules"].items()
        }
        assert mine == theirs

    def test_events_have_the_names_that_both_products_map_to(
        self, known: dict[str, Any], published: dict[str, Any]
    ) -> None:
        mapped = {name for names in known["names"].values() for name in names.values()}
        assert mapped
        assert mapped - {*published["events"]} == set()


@pytest.fixture(scope="module")
def manifests(addon: Client, types: Types, known: dict[str, Any]) -> dict[str, str]:
    """Return manifests from the least to all that there is, of one product and of both."""
    asked: dict[str, Any] = {"nothing": {"document": {"forge": {"scopes": ["read:jira-work"]}}}}
    for product in PRODUCTS:
        least = section([name for name in types if name.startswith(f"{product}:")], types)
        asked[f"{product} least"] = {"document": {product: {"scopes": ["READ"], **least}, "forge": {}}}
        asked[f"{product} much"] = {
            "document": {product: MUCH[product], "forge": {"scopes": SCOPES}},
            "handlers": handlers(product),
        }
        every = [[product, f"e{number}", name] for number, name in enumerate(known["names"][product])]
        asked[f"{product} every event"] = {
            "document": {product: {"scopes": ["READ"]}, "forge": {"scopes": SCOPES}},
            "handlers": every,
        }
    both: dict[str, Any] = {product: MUCH[product] for product in PRODUCTS}
    all_events = [handler for product in PRODUCTS for handler in handlers(product)]
    asked["both and all of forge"] = {
        "document": {**both, "forge": FORGE},
        "handlers": [*all_events, *CALLS],
        "moves": True,
    }
    impersonating = {name: {"allowImpersonation": True} for name in ("read:jira-work", "write:jira-work")}
    asked["impersonation"] = {"document": {"forge": {"scopes": impersonating}}}
    asked["without tokens"] = {"document": {"forge": {"systemToken": False}}}
    asked["permissions"] = {"document": {"jira": PERMISSIONS, "forge": {"scopes": ["read:jira-work"]}}}
    asked["container"] = {"document": {"forge": {"scopes": SCOPES, "service": {"tag": "1.0.0"}}}}
    made = addon.do("writeAll", asked=asked)
    assert {name: one["error"] for name, one in made.items() if "error" in one} == {}
    return {name: one["text"] for name, one in made.items()}


PERMISSIONS = {
    "scopes": ["READ"],
    "jiraGlobalPermissions": {
        "see": {"name": "See", "description": "Who may see", "defaultGrants": ["JIRA-ADMINISTRATORS", "none"]}
    },
    "jiraProjectPermissions": {"start": {"name": "Start", "description": "Who may start", "category": "ISSUES"}},
}


@pytest.fixture(scope="module")
def types(project_python: str) -> Types:
    """Return what the project asks for in each type of Connect's modules."""
    driver = STRANGERS / "forge-manifest" / "describe.py"
    found: Types = Client([project_python, str(driver)], {"PYTHONPATH": str(REPOSITORY / TEMPLATE)}).do("types")
    return found


def bad(manifest: Manifest) -> dict[str, Manifest]:
    """Return manifests of which each has one mistake."""
    made = {name: deepcopy(manifest) for name in MISTAKES}
    for name, (_, _, mistake) in MISTAKES.items():
        mistake(made[name])
    return made


def endpoint(manifest: Manifest, key: str) -> Manifest:
    """Return an endpoint of a manifest."""
    [found] = [one for one in manifest["modules"]["endpoint"] if one["key"] == key]
    return found  # type: ignore[no-any-return]


MISTAKES: dict[str, Any] = {
    "a key twice": (
        "full",
        "panel",
        lambda made: made["connectModules"]["jira:generalPages"][0].update(key="panel"),
    ),
    "no scope for an event": (
        "product-trigger",
        "read:jira-work",
        lambda made: made["permissions"]["scopes"].remove("read:jira-work"),
    ),
    "no such scope": ("full", "read:jira-wrok", lambda made: made["permissions"]["scopes"].append("read:jira-wrok")),
    "a person's token for events": (
        "full",
        "forge-events",
        lambda made: endpoint(made, "forge-events")["auth"].update(appUserToken={"enabled": True}),
    ),
    "no route for events": ("full", "forge-events", lambda made: endpoint(made, "forge-events").pop("route")),
    "a token without a scope": (
        "forge-remote-compute",
        "scope",
        lambda made: made["permissions"].update(scopes=["read:app-system-token"]),
    ),
    "no such remote": ("full", "other", lambda made: endpoint(made, "forge-events").update(remote="other")),
    "no such endpoint": (
        "full",
        "other",
        lambda made: made["modules"]["scheduledTrigger"][0].update(endpoint="other"),
    ),
    "no address": ("full", "backend", lambda made: made["remotes"][0].pop("baseUrl")),
    "no such type": ("full", "jira:nothing", lambda made: made["connectModules"].update({"jira:nothing": []})),
    "no such interval": (
        "full",
        "interval",
        lambda made: made["modules"]["scheduledTrigger"][0].update(interval="month"),
    ),
    "no runtime": ("full", "runtime", lambda made: made["app"].pop("runtime")),
    "no such frontend": ("full", "nowhere", lambda made: made["resources"][0].update(path="nowhere")),
}
"""A mistake, the validation that finds it, a word of what is said, and how it is made."""


@pytest.fixture(scope="module")
def verdicts(judge: Client, manifests: dict[str, str]) -> dict[str, Verdict]:
    """Return what each validation has against each manifest, good and bad."""
    mistaken = {name: yaml.safe_dump(one) for name, one in bad(yaml.safe_load(manifests[ALL])).items()}
    said: dict[str, Verdict] = {}
    for texts in (manifests, mistaken):
        judged = {name: {"text": text, "files": FILES} for name, text in texts.items()}
        said |= judge.do("judgeAll", manifests=judged, variables=VARIABLES)
    return said


ALL = "both and all of forge"
FILES = {f"{FRONTEND}/index.html": "<!doctype html>", "locales/en-US.json": "{}"}


class TestManifest:
    @pytest.mark.parametrize("validation", VALIDATIONS)
    def test_passes(self, verdicts: dict[str, Verdict], manifests: dict[str, str], validation: str) -> None:
        said = {name: verdicts[name][validation] for name in manifests}
        assert {name: lines for name, lines in said.items() if lines} == {}

    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_with_a_mistake_does_not(self, verdicts: dict[str, Verdict], mistake: str) -> None:
        """A judge that finds nothing would find nothing wrong."""
        validation, word, _ = MISTAKES[mistake]
        said = [line for line in verdicts[mistake][validation] if line.startswith("error: ")]
        assert any(word in line for line in said), verdicts[mistake]


class TestConnectModules:
    def test_have_the_content_that_the_definitions_ask_for(self, manifests: dict[str, str]) -> None:
        """The validators look at their names alone."""
        asked = {}
        for name, text in manifests.items():
            for product in PRODUCTS:
                modules = {
                    kind.partition(":")[2]: listed
                    for kind, listed in yaml.safe_load(text).get("connectModules", {}).items()
                    if kind.startswith(f"{product}:")
                }
                if modules:
                    asked[f"{name} for {product}"] = {"product": product, "descriptor": {"modules": modules}}
        assert len(asked) == 9
        said = node_program("validate.js").do("validateAll", descriptors=asked)
        assert {name: lines for name, lines in said.items() if lines} == {}


class TestMistakesInAddonToml:
    def test_are_found_before_a_manifest_is_written(self, addon: Client) -> None:
        """What the validators refuse, and more that only a deployed app would show, is refused by the project."""
        jira, scoped = {"scopes": ["READ"]}, {"scopes": ["read:jira-work"]}
        shown = {"modules": {"jira:issuePanel": {"panel": PANEL}}, "resources": {"main": "m"}}
        asked: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
            'needs "read:jira-work"; add it': ({"jira": jira, "forge": {}}, [["jira", "a", "jira:issue_updated"]]),
            'did you mean "read:jira-work"?': ({"forge": {"scopes": ["read:jira-wrok"]}}, []),
            "without a scope of a product no access token comes": ({"forge": {}}, []),
            "forge.remote.baseUrl": ({"forge": {**scoped, "remote": {"baseUrl": "http://addon.example"}}}, []),
            "an app has 5, one of them ours": (
                {"forge": scoped},
                [["forge", f"s{number}", "every:day"] for number in range(5)],
            ),
            "did you mean avi:jira:updated:issue?": ({"forge": scoped}, [["forge", "a", "avi:jira:udpated:issue"]]),
            "a manifest takes each once": (
                {"jira": {**jira, "generalPages": {"panel": {"name": "A"}}}, "forge": {**scoped, **shown}},
                [],
            ),
        }
        made = addon.do(
            "writeAll",
            asked={said: {"document": document, "handlers": events} for said, (document, events) in asked.items()},
        )
        assert {said: one for said, one in made.items() if said not in one.get("error", "")} == {}

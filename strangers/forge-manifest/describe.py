"""Writes descriptors of add-ons as a project does; runs in the project's environment, with the project on its path.

Reads {"act": ..., ...} from standard input and writes the act's answer to standard output.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from app.connect.declare.addon import join
from app.connect.declare.declarations import EventHandler, ModuleHandler, Page
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.dialect import AtlassianDialect
from app.connect.hosts.atlassian.module_types import CALL, types_of
from app.connect.hosts.atlassian.modules import Module
from app.connect.hosts.atlassian.section import MODELS, ConfluenceSection, JiraSection

SECTIONS = {"jira": JiraSection, "confluence": ConfluenceSection}
ABOUT = {"key": "com.example.test", "name": "Test", "description": "A test"}


async def show(_: Any) -> Page:
    """Answer a module."""
    return Page("")


async def take(_: Any, event: dict[str, Any]) -> None:
    """Take an event."""


def describe(host: str, section: dict[str, Any], events: tuple[str, ...] = ()) -> Any:
    """Return the descriptor of an add-on with this section of addon.toml; handlers answer all that it shows."""
    manifest = read_manifest({"addon": ABOUT, host: section}, {host: SECTIONS[host]})
    read, router = manifest.sections[host], Router[Any]()
    router.modules += [ModuleHandler(host, shown.kind, shown.key, show, require_admin=True) for shown in read.shown()]
    router.events += [EventHandler(host, key, CALL, take, None) for key in read.calls()]
    router.events += [EventHandler(host, name.replace(":", "-"), name, take, None) for name in events]
    addon, dialect = join(manifest, [router], base_url="https://addon.example"), AtlassianDialect(host)
    problems = dialect.problems(addon)
    if problems:
        return {"error": "\n".join(problems)}
    return json.loads(dialect.describe(addon).body)


def types() -> Any:
    """Return what the project knows of each type: the fields that addon.toml must name, and choices of a field."""
    return {
        f"{host}:{found.name}": {
            "required": sorted(found.required),
            "choices": _choices(MODELS.get(found.name, Module)),
        }
        for host in SECTIONS
        for found in types_of(host)
    }


def _choices(model: type[Module]) -> dict[str, list[str]]:
    found = {}
    for name, field in model.model_fields.items():
        for member in get_args(field.annotation):
            if get_origin(member) is Literal:
                found[field.alias or name] = sorted(get_args(member))
    return found


def describe_all(sections: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the descriptor of each, or what is said against it."""
    answers: dict[str, Any] = {}
    for name, asked in sections.items():
        try:
            answers[name] = describe(**asked)
        except ConfigurationError as error:
            answers[name] = {"error": str(error)}
    return answers


ACTS: dict[str, Callable[..., Any]] = {"describeAll": describe_all, "types": types}


def main() -> None:
    """Run the act that standard input names."""
    asked = json.load(sys.stdin)
    json.dump(ACTS[asked.pop("act")](**asked), sys.stdout)


if __name__ == "__main__":
    main()

"""Writes manifests of add-ons as a project does; runs in the project's environment, with the project on its path.

Reads {"act": ..., ...} from standard input and writes the act's answer to standard output.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.connect.declare.addon import join
from app.connect.declare.declarations import Demand, EventHandler, ModuleHandler, Page
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.section import AtlassianSection, ConfluenceSection, JiraSection
from app.connect.hosts.forge import published
from app.connect.hosts.forge.dialect import ForgeDialect
from app.connect.hosts.forge.event_names import FORGE_NAMES
from app.connect.hosts.forge.paths import MOVES
from app.connect.hosts.forge.section import ForgeSection

SECTIONS = {"jira": JiraSection, "confluence": ConfluenceSection, "forge": ForgeSection}
ABOUT = {"key": "com.example.test", "name": "Test", "description": "A test"}


async def show(_: Any) -> Page:
    """Answer a module."""
    return Page("")


async def take(_: Any, event: dict[str, Any]) -> None:
    """Take an event."""


def write(document: dict[str, Any], handlers: list[list[str]] | None = None, *, moves: bool = False) -> dict[str, Any]:
    """Return the manifest of an add-on with this addon.toml; handlers answer all that it shows, and these events."""
    sections = {name: SECTIONS[name] for name in document}
    read = read_manifest({"addon": ABOUT, **document}, sections)
    router = Router[Any]()
    for host, section in read.sections.items():
        router.modules += [ModuleHandler(host, one.kind, one.key, show) for one in section.shown()]
        if isinstance(section, AtlassianSection):
            router.events += [EventHandler(host, key, "call", take, None) for key in section.calls()]
    router.events += [EventHandler(host, key, event, take, None) for host, key, event in handlers or []]
    if moves:
        router.demands[show] = Demand(MOVES)
    addon, dialect = join(read, [router], base_url="https://addon.example"), ForgeDialect()
    problems = dialect.problems(addon)
    if problems:
        return {"error": "\n".join(problems)}
    return {"text": dialect.describe(addon).body.decode()}


def write_all(asked: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest of each, or what is said against it."""
    answers: dict[str, Any] = {}
    for name, one in asked.items():
        try:
            answers[name] = write(**one)
        except ConfigurationError as error:
            answers[name] = {"error": str(error)}
    return answers


def read_published() -> Any:
    """Return what the project knows of what is published, and the names of events that both products have."""
    folder = Path(published.FOLDER)
    lists = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("scopes", "events", "modules")}
    return {**lists, "names": FORGE_NAMES}


ACTS: dict[str, Callable[..., Any]] = {"writeAll": write_all, "published": read_published}


def main() -> None:
    """Run the act that standard input names."""
    asked = json.load(sys.stdin)
    json.dump(ACTS[asked.pop("act")](**asked), sys.stdout)


if __name__ == "__main__":
    main()

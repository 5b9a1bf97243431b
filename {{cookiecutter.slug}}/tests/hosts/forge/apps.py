"""An addon.toml with `[forge]` in it and handlers, and what becomes of it: complaints, or a manifest."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml

from app.connect.declare.addon import Addon, join
from app.connect.declare.declarations import Demand, EventHandler, ModuleHandler, Page
from app.connect.declare.manifest import HostSection, read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.descriptor import moves_of
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.section import AtlassianSection, ConfluenceSection, JiraSection
from app.connect.hosts.forge.dialect import ForgeDialect
from app.connect.hosts.forge.paths import MOVES, RESOLVER, SCHEDULE
from app.connect.hosts.forge.section import ForgeSection
from app.connect.hosts.kept import KeptDocument

APP = "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000"
SECTIONS: Mapping[str, type[HostSection]] = {
    "jira": JiraSection,
    "confluence": ConfluenceSection,
    "forge": ForgeSection,
}
ABOUT = '[addon]\nkey = "com.example.test"\nname = "Test"\ndescription = "A test"\n'
LEAST = '[forge]\nscopes = ["read:jira-work"]\n'
"""As little as gets a token."""
PANEL = """
[forge.modules."jira:issuePanel".panel]
title = "Builds"
icon = "builds.svg"
resource = "main"
[forge.resources]
main = "forge/build"
"""


async def show(_: Any) -> Page:
    """Answer a module."""
    return Page("")


async def take(_: Any, event: dict[str, Any]) -> None:
    """Take an event."""


def event(host: str, key: str, name: str, options: Any = None) -> EventHandler:
    """Declare the handler of an event."""
    return EventHandler(host, key, name, take, None, options=options)


def resolver(name: str) -> EventHandler:
    """Declare what answers a call of the frontend."""
    return EventHandler("forge", name, RESOLVER, take, None, inline=True)


def schedule(key: str, interval: str) -> EventHandler:
    """Declare a schedule that Forge keeps."""
    return EventHandler("forge", key, f"{SCHEDULE}{interval}", take, None)


def addon(text: str, handlers: Sequence[EventHandler] = (), *, moves: Sequence[str] = (), about: str = ABOUT) -> Addon:
    """Join an addon.toml with handlers for everything that it shows, and with these."""
    document = tomllib.loads(f"{about}\n{text}")
    read = read_manifest(document, {name: SECTIONS[name] for name in document if name in SECTIONS})
    router = Router[Any]()
    for host, section in read.sections.items():
        router.modules += [ModuleHandler(host, one.kind, one.key, show) for one in section.shown()]
        if isinstance(section, AtlassianSection):
            router.events += [event(host, key, CALL) for key in section.calls()]
    router.events += handlers
    for number, host in enumerate(moves):

        async def hook(_: Any, number: int = number) -> int:
            return number

        router.demands[hook] = Demand(MOVES if host == "forge" else moves_of(host))
    return join(read, [router], base_url="http://127.0.0.1:8000")


def document(text: str, handlers: Sequence[EventHandler] = (), *, moves: Sequence[str] = ()) -> KeptDocument:
    """Return what `addon manifest` prints; fail where something is wrong with it."""
    joined = addon(text, handlers, moves=moves)
    assert ForgeDialect().problems(joined) == []
    made = ForgeDialect().describe(joined)
    assert isinstance(made, KeptDocument)
    return made


def manifest(text: str, handlers: Sequence[EventHandler] = (), *, moves: Sequence[str] = ()) -> dict[str, Any]:
    """Return the manifest, read from what is printed."""
    read: dict[str, Any] = yaml.safe_load(document(text, handlers, moves=moves).body)
    return read


def complaints(text: str, handlers: Sequence[EventHandler] = (), *, moves: Sequence[str] = ()) -> list[str]:
    """Return what the dialect has against it."""
    return list(ForgeDialect().problems(addon(text, handlers, moves=moves)))


def refusal(text: str) -> str:
    """Return what is said where addon.toml itself cannot be read."""
    with pytest.raises(ConfigurationError) as refused:
        addon(text)
    return str(refused.value)


def keyed(modules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return modules by their keys."""
    return {one["key"]: one for one in modules}

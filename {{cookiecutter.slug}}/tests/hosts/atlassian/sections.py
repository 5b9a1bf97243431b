"""addon.toml with a section for Jira or Confluence, and what becomes of it: complaints, or a descriptor."""

import tomllib
from collections.abc import Sequence
from typing import Any

import pytest

from app.connect.declare.addon import Addon, join
from app.connect.declare.declarations import EventHandler, ModuleHandler, Page
from app.connect.declare.manifest import Manifest, read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.descriptor import describe
from app.connect.hosts.atlassian.dialect import ADMINISTRATION, AtlassianDialect
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.section import AtlassianSection, ConfluenceSection, JiraSection

BASE_URL = "https://addon.example/base"
ABOUT = """
[addon]
key = "com.example.test"
name = "Test"
description = "A test"
"""
SECTIONS = {"jira": JiraSection, "confluence": ConfluenceSection}


async def show(_: Any) -> Page:
    """Answer a module."""
    return Page("")


async def take(_: Any, event: dict[str, Any]) -> None:
    """Take an event."""


def event(host: str, key: str, name: str, options: Any = None) -> EventHandler:
    """Declare the handler of an event."""
    return EventHandler(host, key, name, take, None, options=options)


def manifest(host: str, text: str, about: str = ABOUT) -> Manifest:
    """Read an addon.toml whose one section goes on with `text`."""
    return read_manifest(tomllib.loads(f"{about}\n[{host}]\n{text}"), {host: SECTIONS[host]})


def addon(host: str, text: str, events: Sequence[EventHandler] = (), about: str = ABOUT) -> Addon:
    """Join an addon.toml with handlers for everything that it shows, and with those of events."""
    read = manifest(host, text, about)
    section = read.sections[host]
    assert isinstance(section, AtlassianSection)
    router = Router[Any]()
    administration = {
        one.key for one in section.placed() if one.type.name in ADMINISTRATION or one.module.is_for_administrators
    }
    for shown in section.shown():
        is_hidden = shown.key in administration
        router.modules.append(ModuleHandler(host, shown.kind, shown.key, show, require_admin=is_hidden))
    router.events += [*events, *(event(host, key, CALL) for key in section.calls())]
    return join(read, [router], base_url=BASE_URL)


def described(host: str, text: str, events: Sequence[EventHandler] = (), about: str = ABOUT) -> dict[str, Any]:
    """Return the descriptor, which the dialect has nothing against."""
    joined = addon(host, text, events, about)
    assert AtlassianDialect(host).problems(joined) == []
    return describe(joined, host)


def modules(host: str, text: str, events: Sequence[EventHandler] = ()) -> dict[str, Any]:
    """Return the modules of the descriptor."""
    found: dict[str, Any] = described(host, text, events)["modules"]
    return found


def complaints(host: str, text: str) -> str:
    """Return what stops the start when addon.toml is read."""
    with pytest.raises(ConfigurationError) as refused:
        manifest(host, text)
    return str(refused.value)


def problems(host: str, text: str, events: Sequence[EventHandler] = (), about: str = ABOUT) -> str:
    """Return what the product does not allow."""
    return "\n".join(AtlassianDialect(host).problems(addon(host, text, events, about)))

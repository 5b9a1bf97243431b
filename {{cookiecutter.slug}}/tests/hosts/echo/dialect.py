"""The add-on in Echo's words. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.protocol import Answer, Document, Endpoint
from tests.hosts.echo.router import Card
from tests.hosts.echo.section import EchoSection

NAME = "echo"
INSTALL = Endpoint("install", "POST", "installations", "The host installs the add-on, or gives it a new secret")
SUSPEND = Endpoint("suspend", "POST", "installations/suspend", "The host pauses an installation")
RESUME = Endpoint("resume", "POST", "installations/resume", "The host ends the pause")
UNINSTALL = Endpoint("uninstall", "POST", "installations/remove", "The host ends an installation, or says so")
LOUDEST = 20


class EchoDialect:
    """Describes the add-on and writes its answers."""

    def problems(self, addon: Addon) -> Sequence[str]:
        """List what Echo does not take."""
        greeting = section_of(addon).greeting
        if len(greeting) <= LOUDEST:
            return ()
        return (f"addon.toml: echo.greeting: {len(greeting)} characters are too many; write at most {LOUDEST}",)

    def describe(self, addon: Addon) -> Document:
        """Return the manifest."""
        section = section_of(addon)
        manifest = {
            "key": addon.manifest.addon.key,
            "voice": section.voice,
            "greeting": section.greeting,
            "lifecycle": {one.name: addon.url(NAME, one.path) for one in self.endpoints(addon)},
            "events": {one.event: addon.url(NAME, "webhook", key) for key, one in addon.events_of(NAME).items()},
            "modules": [
                {"kind": one.kind, "key": one.key, "url": addon.url(NAME, one.kind, one.key)} for one in section.shown()
            ],
        }
        return Document("manifest.json", "application/json", json.dumps(manifest, sort_keys=True).encode())

    def endpoints(self, _: Addon) -> Sequence[Endpoint]:
        """List the four."""
        return INSTALL, SUSPEND, RESUME, UNINSTALL

    def answer(self, kind: str, result: Any) -> Answer:
        """Write the JSON of a `Card`."""
        if kind != "card" or not isinstance(result, Card):
            raise TypeError(f"The handler of a card returns a Card, not {type(result).__name__}.")
        return Answer(result.model_dump_json().encode(), headers={"x-echo": "card"})


def section_of(addon: Addon) -> EchoSection:
    """Return `[echo]`."""
    section = addon.manifest.sections[NAME]
    assert isinstance(section, EchoSection)
    return section

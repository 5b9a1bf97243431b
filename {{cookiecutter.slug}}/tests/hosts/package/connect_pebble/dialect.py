"""The add-on in Pebble's words. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.protocol import Answer, Document, Endpoint

NAME = "pebble"
PIN = Endpoint("pin", "POST", "pin", "A board begins to show the add-on, or gives it a new secret")
UNPIN = Endpoint("unpin", "POST", "unpin", "A board shows the add-on no more")


class PebbleDialect:
    """Describes the add-on."""

    def problems(self, addon: Addon) -> Sequence[str]:
        """List what Pebble does not take."""
        if len(addon.modules_of(NAME)) == 1:
            return ()
        return ("addon.toml: pebble.panel: a board shows exactly one panel; keep one",)

    def describe(self, addon: Addon) -> Document:
        """Return the label that a board reads."""
        panel = addon.modules_of(NAME)[0]
        label = {
            "name": addon.manifest.addon.name,
            "panel": addon.url(NAME, panel.kind, panel.key),
            "notes": [addon.url(NAME, "webhook", key) for key in addon.events_of(NAME)],
            **{one.name: addon.url(NAME, one.path) for one in self.endpoints(addon)},
        }
        return Document("label.json", "application/json", json.dumps(label).encode())

    def endpoints(self, _: Addon) -> Sequence[Endpoint]:
        """List the routes by which a board speaks of itself."""
        return PIN, UNPIN

    def answer(self, kind: str, _: Any) -> Answer:
        """Refuse: all that a board shows is pages."""
        raise TypeError(f"A board has no {kind} that is answered with data.")

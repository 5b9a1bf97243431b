"""The add-on in HipChat's words: what the protocol allows, its endpoints, and the answers of modules. Pure.

The descriptor itself is written in `descriptor.py`. Source: protocol reference, section 2.
"""

import json
from collections.abc import Sequence
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.declare.declarations import EventHandler
from app.connect.hosts.hipchat.client.glances import Glance
from app.connect.hosts.hipchat.descriptor import DOCUMENT, INSTALL, NAME, UNINSTALL, UPDATE, describe, section_of
from app.connect.hosts.hipchat.events import EVENTS, MESSAGE_EVENTS, RoomEvent
from app.connect.hosts.protocol import Answer, Document, Endpoint

SCOPES = (
    "admin_group",
    "admin_room",
    "import_data",
    "manage_rooms",
    "send_message",
    "send_notification",
    "view_group",
    "view_messages",
    "view_room",
)


class HipChatDialect:
    """The add-on in HipChat's words."""

    def problems(self, addon: Addon) -> Sequence[str]:
        """List scopes, events and patterns that the protocol does not have."""
        return [
            *(
                f'addon.toml: hipchat.scopes: "{scope}" is not a scope of HipChat; use {", ".join(SCOPES)}'
                for scope in section_of(addon).scopes
                if scope not in SCOPES
            ),
            *(line for event in addon.events_of(NAME).values() for line in _event_problems(event)),
        ]

    def describe(self, addon: Addon) -> Document:
        """Return the capabilities descriptor."""
        return Document(DOCUMENT, "application/json", json.dumps(describe(addon), ensure_ascii=False).encode())

    def endpoints(self, _: Addon) -> Sequence[Endpoint]:
        """List install, update and uninstall."""
        return (INSTALL, UPDATE, UNINSTALL)

    def answer(self, kind: str, result: Any) -> Answer:
        """Write the JSON of a `Glance`, the one module that is no page."""
        if kind != "glance" or not isinstance(result, Glance):
            raise TypeError(f"The handler of a glance returns a Glance, not {type(result).__name__}.")
        return Answer(result.body)


def _event_problems(handler: EventHandler) -> list[str]:
    problems = []
    model = EVENTS.get(handler.event)
    if model is None:
        problems.append(f"@hipchat.on_raw({handler.event!r}): there is no such event; use {', '.join(EVENTS)}")
    elif handler.takes is not None and not (issubclass(handler.takes, RoomEvent) and issubclass(model, handler.takes)):
        problems.append(f"The handler {handler.key!r} of {handler.event} takes {model.__name__}: annotate it so")
    if handler.options is not None and handler.event not in MESSAGE_EVENTS:
        problems.append(f"The handler {handler.key!r}: only messages have a pattern; remove it")
    return problems

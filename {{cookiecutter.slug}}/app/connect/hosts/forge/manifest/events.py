"""Which events come by triggers, for which handlers, and narrowed by what; the manifest says it, delivery obeys."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.connect.declare.addon import Addon
from app.connect.declare.declarations import EventHandler
from app.connect.hosts.atlassian.dynamic import DYNAMIC
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.forge.event_names import forge_name
from app.connect.hosts.forge.manifest.words import Written, products_of, section_of
from app.connect.hosts.forge.paths import HOST, RESOLVER, SCHEDULE
from app.connect.hosts.forge.section_parts import EventFilter

NAME = "avi:"


@dataclass(frozen=True, slots=True)
class Triggered:
    """An event that Forge sends, by its name, and what of it is left out or added."""

    name: str
    handlers: tuple[EventHandler, ...]
    filters: tuple[EventFilter | None, ...] = field(default=())
    """One for each handler. Forge sends an event once for all of them, so they must be the same."""

    @property
    def filter(self) -> EventFilter | None:
        """What all handlers are narrowed by."""
        return self.filters[0]

    @property
    def group(self) -> str:
        """What events of one trigger have in common."""
        return json.dumps(self.filter.written() if self.filter else {}, sort_keys=True)


def triggered(addon: Addon) -> Mapping[str, Triggered]:
    """Map each event that Forge sends to the handlers it is for, those of Jira and Confluence among them."""
    found: dict[str, list[EventHandler]] = {}
    for name, handler in _named(addon):
        if comes_by_trigger(addon, handler):
            found.setdefault(name, []).append(handler)
    filters = section_of(addon).filters
    return {
        name: Triggered(name, tuple(handlers), tuple(filters.get(one.key) for one in handlers))
        for name, handlers in sorted(found.items())
    }


def comes_by_trigger(addon: Addon, handler: EventHandler) -> bool:
    """Tell whether Forge itself sends a handler's event.

    What a webhook narrows or adds in Connect's words, Forge cannot: that handler is left to the webhook, unless
    `[forge.filters]` says the same in Forge's words.
    """
    section = section_of(addon)
    if handler.host == HOST:
        return handler.event.startswith(NAME)
    if handler.host not in products_of(addon) or handler.event in {CALL, DYNAMIC}:
        return False
    if section.connect.events == "connect" and section.connect.modules:
        return False
    return forge_name(handler.host, handler.event) is not None and (
        handler.options is None or handler.key in section.filters
    )


def by_webhook_only(addon: Addon) -> Iterator[EventHandler]:
    """List the handlers of events that no trigger brings although triggers are asked for."""
    section = section_of(addon)
    if section.connect.events == "connect" and section.connect.modules:
        return
    for handler in addon.events:
        known = handler.host in products_of(addon) and handler.event not in {CALL, DYNAMIC}
        if known and not comes_by_trigger(addon, handler):
            yield handler


def schedules(addon: Addon) -> dict[str, str]:
    """Map the keys of the schedules that Forge keeps to their intervals."""
    return {
        handler.key: handler.event.removeprefix(SCHEDULE)
        for handler in addon.events_of(HOST).values()
        if handler.event.startswith(SCHEDULE)
    }


def resolvers(addon: Addon) -> list[str]:
    """List the names of the calls that handlers answer."""
    return [handler.key for handler in addon.events_of(HOST).values() if handler.event == RESOLVER]


def trigger_fields(event: Triggered) -> Written:
    """Return `filter` and `payload` of a trigger."""
    filtered = event.filter.filter() if event.filter else {}
    added = event.filter.payload() if event.filter else {}
    return {**({"filter": filtered} if filtered else {}), **({"payload": added} if added else {})}


def _named(addon: Addon) -> Iterator[tuple[str, EventHandler]]:
    for handler in addon.events:
        if handler.host == HOST:
            yield handler.event, handler
        elif handler.host in products_of(addon):
            name = forge_name(handler.host, handler.event)
            if name is not None:
                yield name, handler

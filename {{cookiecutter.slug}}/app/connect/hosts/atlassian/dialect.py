"""The add-on in the words of Jira and Confluence: what they allow, their endpoints, and what is no page. Pure.

The descriptor itself is written in `descriptor.py`. Source: protocol reference, section 3.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.hosts.atlassian.descriptor import DOCUMENT, SETTINGS_KEY, describe, section_of
from app.connect.hosts.atlassian.endpoints import ENDPOINTS
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.protocol import Answer, Document, Endpoint

SCOPES: Mapping[str, Sequence[str]] = {
    "jira": ("NONE", "READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN", "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"),
    "confluence": ("NONE", "READ", "WRITE", "DELETE", "SPACE_ADMIN", "ADMIN", "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"),
}
READING = {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN", "ADMIN"}
"""Scopes that are `READ`, or imply it."""
CALLED = {"jira": "jiraWorkflowPostFunctions", "confluence": "blueprints"}
"""A type that is called, for the message when a handler has none."""
ADMINISTRATION = {"adminPages", "configurePage"}
"""Types that the host shows to administrators of the site. Those of a project ask `ctx.require_permission`."""
KEY = re.compile(r"[a-zA-Z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Storage:
    """What a static macro answers: Confluence's storage format, an XHTML."""

    xhtml: str


class AtlassianDialect:
    """The add-on in the words of one product."""

    def __init__(self, host: str) -> None:
        self._host = host

    def problems(self, addon: Addon) -> Sequence[str]:
        """List what the host would refuse."""
        return [
            *(f"addon.toml: {line}" for line in _problems_of_about(addon)),
            *(f"addon.toml: {self._host}.{line}" for line in self._problems_of_section(addon)),
            *self._problems_of_events(addon),
            *self._problems_of_administration(addon),
        ]

    def describe(self, addon: Addon) -> Document:
        """Return the descriptor."""
        text = json.dumps(describe(addon, self._host), ensure_ascii=False)
        return Document(DOCUMENT, "application/json", text.encode())

    def endpoints(self, _: Addon) -> Sequence[Endpoint]:
        """List the four of the lifecycle."""
        return ENDPOINTS

    def answer(self, kind: str, result: Any) -> Answer:
        """Write what a static macro answers, the one module that is no page."""
        if kind != "storage" or not isinstance(result, Storage):
            raise TypeError(f"The handler of {kind} returns Storage(...), not {type(result).__name__}.")
        return Answer(result.xhtml.encode(), "text/html; charset=utf-8", {"cache-control": "no-cache, no-store"})

    def _problems_of_section(self, addon: Addon) -> Iterator[str]:
        section, allowed = section_of(addon, self._host), SCOPES[self._host]
        for scope in section.scopes:
            if scope.upper() not in allowed:
                yield f'scopes: "{scope}" is not a scope of this product; use {", ".join(allowed)}'
        if not READING & {scope.upper() for scope in section.scopes}:
            if any(event.event != CALL for event in addon.events_of(self._host).values()):
                yield 'scopes: events are sent to who may read; add "READ"'
            asks = any(one.require_admin for one in addon.modules_of(self._host))
            settings = addon.settings_of(self._host)
            if asks or (settings is not None and settings.require_admin):
                yield 'scopes: who administers the site is told to who may read; add "READ"'
        has_settings = addon.settings_of(self._host) is not None
        for one in section.placed():
            if has_settings and one.type.name == "configurePage":
                yield f"{one.where}: @router.settings is the page already; remove it, or make it an adminPages"
            elif has_settings and one.key == SETTINGS_KEY:
                yield f'{one.where}: the page of @router.settings has the key "{SETTINGS_KEY}"; rename it'

    def _problems_of_events(self, addon: Addon) -> Iterator[str]:
        events, called = addon.events_of(self._host), section_of(addon, self._host).calls()
        for key, name in called.items():
            if key not in events or events[key].event != CALL:
                yield (
                    f"addon.toml has [{self._host}.{name}.{key}], but nothing answers it. "
                    f'Add to a file that app/addon/__init__.py lists: @{self._host}.on_call("{key}")'
                )
        for event in events.values():
            if event.options:
                yield from (f"The handler {event.key!r}: {line}" for line in event.options.problems(event.event))
            if event.event == CALL and event.key not in called:
                table = f"{self._host}.{CALLED[self._host]}.{event.key}"
                yield (
                    f"@{self._host}.on_call({event.key!r}): no module of addon.toml has that key; "
                    f"add [{table}], or another that is called"
                )

    def _problems_of_administration(self, addon: Addon) -> Iterator[str]:
        """Find pages that only administrators are shown, and that answer anybody who has their address."""
        answers = {(one.kind, one.key): one for one in addon.modules_of(self._host)}
        for one in section_of(addon, self._host).placed():
            if one.type.name not in ADMINISTRATION and not one.module.is_for_administrators:
                continue
            for place in one.type.places_in(one.module.written()):
                answer = answers.get((place.kind, one.key))
                if answer is not None and not answer.require_admin:
                    router = "router" if answer.host is None else answer.host
                    yield (
                        f"addon.toml shows [{self._host}.{one.where}] to administrators only, but its handler answers "
                        f'everybody. Write @{router}.{place.kind}("{one.key}", require_admin=True)'
                    )


def _problems_of_about(addon: Addon) -> Iterator[str]:
    about = addon.manifest.addon
    if not KEY.fullmatch(about.key):
        yield "addon.key: has at most 64 letters, digits, '.', '_' and '-'; change it before anybody installs"
    if len(about.name) > 80:  # noqa: PLR2004 - reference 3.1
        yield "addon.name: is too long; the host allows 80 characters"
    if about.vendor and len(about.vendor.url) > 200:  # noqa: PLR2004 - reference 3.1
        yield "addon.vendor.url: is too long; the host allows 200 characters"
    if len(addon.base_url) > 200:  # noqa: PLR2004 - reference 3.1
        yield "BASE_URL is too long; the host allows 200 characters"

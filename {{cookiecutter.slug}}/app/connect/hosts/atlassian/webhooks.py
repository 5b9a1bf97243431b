"""What an event may be narrowed by at the host, before it is sent (reference 3.5). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.connect.hosts.atlassian.fields import RESERVED

MAX_FILTER = 10_000
FILTERED = ("jira:issue_", "comment_")
"""Beginnings of the events that a filter applies to."""


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """A filter in JQL, the issue properties that are sent along, and what is sent in place of the body."""

    filter: str | None = None
    property_keys: tuple[str, ...] = ()
    query: Mapping[str, str] | None = None
    """Parameters of the address, in which the host fills in `{issue.key}` and its like; without a body then."""

    def written(self) -> dict[str, Any]:
        """Return the members of the descriptor."""
        written: dict[str, Any] = {"filter": self.filter} if self.filter else {}
        if self.query is not None:
            written["excludeBody"] = True
        return written | ({"propertyKeys": list(self.property_keys)} if self.property_keys else {})

    def problems(self, event: str) -> Iterator[str]:
        """List what the host would refuse of an event's options."""
        for name in sorted({*(self.query or ())} & RESERVED):
            yield f"the parameter {name!r} is the host's own; rename it"
        if self.filter and len(self.filter) > MAX_FILTER:
            yield f"the filter is over {MAX_FILTER} characters; shorten it"
        if self.filter and not event.startswith(FILTERED):
            yield f"a filter applies to issues and comments only, not to {event}; remove it"

"""What the gate and the log know of the sites' API: its paths, its limit headers, and what its calls mean."""

import re
from datetime import UTC, datetime
from typing import Literal

from devhost.dialects.atlassian.keys import PATH as KEYS
from devhost.dialects.atlassian.oauth import PATH as TOKEN
from devhost.dialects.atlassian.state import AtlassianState

_MEANINGS = (
    (rf"GET {KEYS}/", "asks for the key of an install"),
    (rf"POST {TOKEN}$", "asks for a token of a person"),
    (r"POST .*/comment$", "comments"),
    (r"(GET|POST) .*/search/jql$", "searches issues"),
    (r"PUT .*/properties/", "sets a property"),
    (r"POST .*/remotelink$", "links an issue"),
    (r"POST .*permission/?s?/check$", "asks what somebody may do"),
    (r"GET .*/issue/[^/]+$", "reads an issue"),
    (r"GET .*/content/[^/]+$", "reads a page"),
)


def meaning(call: str) -> str:
    """Say what a call is for: `call` is its method and path."""
    return next((told for pattern, told in _MEANINGS if re.match(pattern, call)), "calls the site")


class SitesApi:
    """The API of all sites as the gate before it sees it."""

    def __init__(self, state: AtlassianState) -> None:
        self._state = state

    @property
    def start(self) -> tuple[str, ...]:
        """How the paths begin: those of sites that were added later, too."""
        return (*(f"{site.path}/rest/" for site in self._state.sites), f"{KEYS}/", TOKEN)

    def purpose(self, call: str) -> str:
        """Say what a call is for."""
        return meaning(call)

    def untouched(self) -> dict[str, str]:
        """Return the limit headers of a call that no limit concerns."""
        return {}

    def limited(self, kind: Literal["rate", "flood"], reset: float) -> dict[str, str]:
        """Return the headers of a refused call (reference 15): `flood` is the limit on writes to one issue."""
        wait = max(1, round(reset - self._state.clock.now()))
        return {
            "Retry-After": str(wait),
            "RateLimit-Reason": "jira-per-issue-on-write" if kind == "flood" else "jira-burst-based",
            "X-RateLimit-Limit": "100",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

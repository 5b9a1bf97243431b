"""What the gate and the log know of HipChat's API: its paths, its limit headers, and what its calls mean."""

import re
from typing import Literal

from devhost.dialects.hipchat.limits import Limits, headers
from devhost.settings import HostSettings

API = "/v2/"
# What calls mean, by the end of their path.
_MEANINGS = (
    (r"POST /v2/oauth/token$", "asks for a token"),
    (r"DELETE /v2/oauth/token/", "gives a token back"),
    (r"GET /v2/oauth/token/", "checks a token"),
    (r"GET /v2/capabilities$", "reads the host's capabilities"),
    (r"POST /v2/room/[^/]+/notification$", "sends a notification"),
    (r"POST /v2/room/[^/]+/(message|reply)$", "speaks in a room"),
    (r"POST /v2/addon/ui", "pushes a glance"),
    (r"GET /v2/addon/installable/", "reads its install document"),
    (r"(POST|PUT|DELETE) .*/webhook", "changes its webhooks"),
)


def meaning(call: str) -> str:
    """Say what a call is for: `call` is its method and path."""
    return next((told for pattern, told in _MEANINGS if re.match(pattern, call)), "calls the API")


class HipChatApi:
    """The API as the gate before it sees it."""

    start = API

    def __init__(self, settings: HostSettings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits

    def purpose(self, _call: str) -> str:
        """Leave it to the host's own `meaning`."""
        return "api"

    def untouched(self) -> dict[str, str]:
        """Return the rate headers of a call that counts for nobody."""
        return self._limits.untouched()

    def limited(self, kind: Literal["rate", "flood"], reset: float) -> dict[str, str]:
        """Return the headers of a call that a limit refuses."""
        if kind == "flood":
            return headers("FloodControl", self._settings.flood_limit, 0, reset)
        return headers("Ratelimit", self._settings.rate_limit, 0, reset)

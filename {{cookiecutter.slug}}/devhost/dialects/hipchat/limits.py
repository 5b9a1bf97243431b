"""Counts API calls and messages, and writes the rate and flood headers."""

from dataclasses import dataclass

from devhost.errors import HostError
from devhost.settings import HostSettings
from devhost.world.clock import Clock
from devhost.world.sessions import Session

WINDOW_LIMIT = 20_000


@dataclass(slots=True)
class _Window:
    start: float
    count: int = 0


class Limits:
    """Fixed windows per token, and per token and room for messages."""

    def __init__(self, settings: HostSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def _count(self, key: tuple[str, str], limit: int, seconds: float, name: str) -> tuple[bool, dict[str, str]]:
        now = self._clock.now()
        window = self._windows.get(key)
        if window is None or window.start + seconds <= now:
            if len(self._windows) >= WINDOW_LIMIT:
                self._windows.clear()
            window = self._windows[key] = _Window(now)
        window.count += 1
        left = max(0, limit - window.count)
        return window.count <= limit, headers(name, limit, left, window.start + seconds)

    def call(self, session: Session, into: dict[str, str]) -> None:
        """Count an API call; `into` receives the headers. Raises HostError 429."""
        settings = self._settings
        limit = settings.rate_limit if session.client_id else settings.user_rate_limit
        allowed, found = self._count((session.token, ""), limit, settings.rate_seconds, "Ratelimit")
        into.update(found)
        if not allowed:
            raise HostError(429, f"More than {limit} calls in {settings.rate_seconds:g} seconds")

    def message(self, session: Session, place: str, into: dict[str, str]) -> None:
        """Count a message to one room or person; `into` receives the headers. Raises HostError 429."""
        settings = self._settings
        limit = settings.flood_limit
        allowed, found = self._count((session.token, place), limit, settings.flood_seconds, "FloodControl")
        into.update(found)
        if not allowed:
            raise HostError(429, f"More than {limit} messages in {settings.flood_seconds:g} seconds")

    def untouched(self) -> dict[str, str]:
        """Return the rate headers of a call that counts for nobody."""
        settings = self._settings
        reset = self._clock.now() + settings.rate_seconds
        return headers("Ratelimit", settings.rate_limit, settings.rate_limit, reset)


def headers(name: str, limit: int, left: int, reset: float) -> dict[str, str]:
    """Write the three headers of one limit; the reset is a Unix time in seconds."""
    return {
        f"X-{name}-Limit": str(limit),
        f"X-{name}-Remaining": str(left),
        f"X-{name}-Reset": str(int(reset + 1)),
    }

"""Times of day: when something that runs daily is due, in the timezone of a tenant or a person. Pure."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.connect.errors import ConfigurationError

log = logging.getLogger(__name__)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))

At = str | time | None
"""`"09:30"`, a `datetime.time`, or nothing: then it does not run."""


def read_time(at: str | time) -> time:
    """Read a time of day; `ValueError` unless it is `HH:MM`."""
    if isinstance(at, time):
        return at.replace(tzinfo=None)
    return datetime.strptime(at, "%H:%M").time()  # noqa: DTZ007 - a time of day belongs to no zone


@lru_cache(maxsize=1_000)
def find_zone(name: str | None) -> ZoneInfo:
    """Return a timezone by its name; UTC for nothing and, with a warning, for a name that nobody knows."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        log.warning("there is no timezone %r; UTC is used", name)
        return ZoneInfo("UTC")


def require_zone(name: str) -> str:
    """Return the name of a timezone; `ConfigurationError` when nobody knows it."""
    if find_zone(name).key != name:
        raise ConfigurationError(f"there is no timezone {name!r}. Write one such as 'Europe/Berlin'.")
    return name


def read_days(days: str | Iterable[int]) -> frozenset[int]:
    """Read `mon-fri`, `sat,sun` or numbers from 0 for Monday; `ConfigurationError` for anything else."""
    if not isinstance(days, str):
        return frozenset(days)
    found: set[int] = set()
    for part in days.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ConfigurationError(f"{days!r} are no days. Write mon-fri, or sat,sun.")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
    return frozenset(found)


def next_time(at: str | time, timezone: str | None = None, *, now: datetime | None = None) -> datetime:
    """Return the next moment, in UTC, at which it is `at` in `timezone` (UTC for None); never the present one."""
    zone = find_zone(timezone)
    present = (now or datetime.now(UTC)).astimezone(zone)
    for ahead in range(3):
        day = present.date() + timedelta(days=ahead)
        moment = datetime.combine(day, read_time(at), zone).astimezone(UTC)
        if moment > present.astimezone(UTC):
            return moment
    raise AssertionError("a day has no such time")  # pragma: no cover - each of three days has one


@dataclass(frozen=True, slots=True)
class Daily:
    """A time of day on some days of the week; time and zone may depend on the tenant's settings."""

    at: str | time | Callable[[Any], At]
    timezone: str | Callable[[Any], str | None] | None
    days: frozenset[int] = EVERY_DAY

    @property
    def asks_settings(self) -> bool:
        """Tell whether the moment differs from tenant to tenant."""
        return callable(self.at) or callable(self.timezone)

    def latest(self, settings: Any, *, now: datetime) -> datetime | None:
        """Return the last moment, up to `now`, at which this was due within a day; None when there was none."""
        at = self.at(settings) if callable(self.at) else self.at
        if at is None:
            return None
        zone = find_zone(self.timezone(settings) if callable(self.timezone) else self.timezone)
        try:
            clock = read_time(at)
        except ValueError:
            log.warning("%r is no time of day; nothing runs", at)
            return None
        today = now.astimezone(zone).date()
        for behind in (0, 1):
            day = today - timedelta(days=behind)
            moment = datetime.combine(day, clock, zone)
            if moment.astimezone(UTC) <= now and day.weekday() in self.days:
                return moment if now - moment.astimezone(UTC) < timedelta(days=1) else None
        return None

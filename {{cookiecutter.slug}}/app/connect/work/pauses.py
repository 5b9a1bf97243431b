"""Pauses: who is left alone for a while, because its host does not answer or takes no more calls.

What this process has seen is kept here; what it does about it (entries are put off) is in the database, for all.
"""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

TRIPS_AFTER = 3
"""Failures of an origin without an answer between, after which what waits for it is put off."""
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
LONGEST_LIMIT = 3600.0
"""Seconds for which a host is believed that it takes no calls."""
SAY_EVERY = 60.0
MOST = 10_000


@dataclass(slots=True)
class Trouble:
    """What is wrong with one origin."""

    failures: int = 0
    until: float = 0.0
    said_at: float = float("-inf")
    unsaid: int = 0


class Pauses:
    """`failed`, `limited` and `answered` tell it what happened; `until` says when one may be tried again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._now = clock
        self._origins: OrderedDict[str, Trouble] = OrderedDict()
        self._limits: OrderedDict[tuple[str, str], float] = OrderedDict()

    def until(self, origin: str, tenant_id: str | None = None) -> float | None:
        """Return until when an origin, or one tenant there, is left alone (Unix seconds); None when it is not."""
        trouble = self._origins.get(origin)
        moment = trouble.until if trouble else 0.0
        longest = LONGEST_PAUSE
        if tenant_id is not None:
            moment, longest = self._limits.get((origin, tenant_id), 0.0), LONGEST_LIMIT
        # A clock that was set back would make a long pause of a short one.
        return moment if 0.0 < moment - self._now() <= longest else None

    def is_shaky(self, origin: str) -> bool:
        """Tell whether an origin is tried with one entry at a time, until it answers again."""
        trouble = self._origins.get(origin)
        return trouble is not None and trouble.failures >= TRIPS_AFTER

    def failed(self, origin: str) -> float:
        """Note that an origin did not answer; return the seconds for which it is left alone, 0 at first."""
        trouble = self._of(origin)
        trouble.failures += 1
        beyond = trouble.failures - TRIPS_AFTER
        if beyond < 0:
            return 0.0
        pause = min(FIRST_PAUSE * 2.0 ** min(beyond, 10), LONGEST_PAUSE) * random.uniform(0.8, 1.0)  # noqa: S311 - no secret
        trouble.until = max(trouble.until, self._now() + pause)
        return pause

    def limited(self, origin: str, tenant_id: str, reset: float) -> float:
        """Note until when a host takes no calls for a tenant; return until when it is left alone."""
        now = self._now()
        moment = min(max(reset, now + 1.0), now + LONGEST_LIMIT) + random.random()  # noqa: S311 - no secret
        self._limits[origin, tenant_id] = min(moment, now + LONGEST_LIMIT)
        while len(self._limits) > MOST:
            self._limits.popitem(last=False)
        return moment

    def answered(self, origin: str) -> None:
        """Note that an entry of an origin ran to its end: some need no host, so one does not wipe the slate."""
        trouble = self._origins.get(origin)
        if trouble is not None:
            trouble.failures //= 2
            trouble.until = 0.0
            if not trouble.failures:
                del self._origins[origin]

    def say(self, origin: str) -> int | None:
        """Return how many failures there were since it was last said, or None when it was within the minute."""
        trouble = self._of(origin)
        trouble.unsaid += 1
        if abs(self._now() - trouble.said_at) < SAY_EVERY:
            return None
        count, trouble.unsaid, trouble.said_at = trouble.unsaid, 0, self._now()
        return count

    def _of(self, origin: str) -> Trouble:
        trouble = self._origins.setdefault(origin, Trouble())
        self._origins.move_to_end(origin)
        if len(self._origins) > MOST:
            self._origins.popitem(last=False)
        return trouble

"""When a host takes calls again, by its rate and flood headers (protocol reference 11.3). Pure."""

import math
from collections.abc import Mapping

LIMITS = ("X-Ratelimit", "X-FloodControl")
OLDEST_TIMESTAMP = 1_000_000_000.0
"""Below this a reset cannot be a moment of this century: some hosts count the seconds from now."""


def reset_of(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return when calls are taken again, in Unix seconds: the later reset of the limits that are used up.

    Headers that call no limit used up count with all their resets. None when there is none. `headers` finds
    names in any case.
    """
    resets = {name: _moment(headers.get(f"{name}-Reset"), now) for name in LIMITS}
    used_up = [name for name in LIMITS if headers.get(f"{name}-Remaining", "").strip() == "0"]
    moments = [moment for name, moment in resets.items() if moment is not None and name in (used_up or LIMITS)]
    return max(moments, default=_moment(headers.get("Retry-After"), now))


def _moment(text: str | None, now: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return value if value >= OLDEST_TIMESTAMP else now + max(value, 0.0)

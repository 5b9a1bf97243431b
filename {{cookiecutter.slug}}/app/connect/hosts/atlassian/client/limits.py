"""When a site takes calls again, by its headers (reference 15). Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AFTER = ("Retry-After", "Beta-Retry-After")
RESET = "X-RateLimit-Reset"
POINTS = ("RateLimit", "Beta-RateLimit")
"""Quotas, each with the points that remain and the seconds until there are more: `"a-quota";r=0;t=600`."""
REASON = "RateLimit-Reason"
FIRST_PAUSE = 1.0
_USED_UP = re.compile(r";\s*r=0\s*;\s*t=([0-9]{1,9})(?![0-9])", re.ASCII)


def reset_of(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return when calls are taken again, in Unix seconds; None where no header says so. Names count in any case."""
    for name in AFTER:
        moment = _after(headers.get(name), now)
        if moment is not None:
            return moment
    try:
        reset = datetime.fromisoformat(headers.get(RESET, ""))
    except ValueError:
        used_up = [float(one) for name in POINTS for one in _USED_UP.findall(headers.get(name, ""))]
        return now + max(used_up) if used_up else None
    return max((reset if reset.tzinfo else reset.replace(tzinfo=UTC)).timestamp(), now)


def _after(text: str | None, now: float) -> float | None:
    """Read seconds, or a date."""
    if text is None:
        return None
    if text.isascii() and text.strip().isdecimal() and len(text) < 10:  # noqa: PLR2004 - thirty years
        return now + float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp(), now)
    except (ValueError, OverflowError):
        return None

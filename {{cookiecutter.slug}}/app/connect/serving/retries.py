"""When a failed handler runs again, and when it is given up. Pure."""

import random

from pydantic import ValidationError

from app.connect.errors import ConnectError
from app.connect.serving.handlers import HandlerGone

CRASHES = 8
"""How often in a row a process may die of an entry before it is given up."""
FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 900.0
LONGEST_AFTER_OUTAGE = 60.0
"""Seconds to wait at most for a host that did not answer: what came in its outage must not come long after it."""
PERMANENT = (ValidationError, TypeError, AttributeError, NameError, ImportError, HandlerGone)
"""Mistakes in code or data: the next try would fail alike. Everything else may be an outage."""


def is_permanent(error: Exception) -> bool:
    """Tell whether trying again is pointless until somebody mends something."""
    return isinstance(error, PERMANENT) or (isinstance(error, ConnectError) and error.is_permanent)


def pause_after(attempts: int, *, longest: float = LONGEST_BACKOFF) -> float:
    """Return the seconds to wait after that many tries: twice as long each time, and never the same for everybody."""
    pause: float = min(FIRST_BACKOFF * 2 ** min(attempts - 1, 20), longest)
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

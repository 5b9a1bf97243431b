"""How often and when a failed handler runs again. Pure."""

import random

from pydantic import ValidationError

from app.connect.errors import ConnectError
from app.connect.serving.handlers import HandlerGone

ATTEMPTS = 8
FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 3600.0
PERMANENT = (ValidationError, TypeError, AttributeError, NameError, ImportError, HandlerGone)
"""Mistakes in code or data: the next try would fail alike. Everything else may be an outage."""


def is_permanent(error: Exception) -> bool:
    """Tell whether trying again is pointless until somebody mends something."""
    return isinstance(error, PERMANENT) or (isinstance(error, ConnectError) and error.is_permanent)


def pause_after(attempts: int) -> float:
    """Return the seconds to wait after that many tries: twice as long each time, and never the same for everybody."""
    longest: float = min(FIRST_BACKOFF * 2 ** (attempts - 1), LONGEST_BACKOFF)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

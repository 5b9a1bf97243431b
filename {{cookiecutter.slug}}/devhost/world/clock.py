"""The host's time: the machine's clock, which tests may move forward."""

import time
from datetime import UTC, datetime


class Clock:
    """Tell the host's time as Unix seconds or as an aware date."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Return the host's time in Unix seconds."""
        return time.time() + self.offset

    def date(self) -> datetime:
        """Return the host's time as a date in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the host's time forward: tokens expire and limits reset without waiting."""
        self.offset += seconds


def iso(moment: datetime) -> str:
    """Write a date as the host does: ISO 8601, microseconds, offset."""
    return moment.isoformat(timespec="microseconds")

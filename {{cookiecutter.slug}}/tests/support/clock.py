"""The time as it is when somebody asks: one that was read at import is a quarter of an hour old in a long run."""

import time


def ago(seconds: float) -> int:
    """Return the Unix second so long before now; negative seconds are ahead."""
    return int(time.time() - seconds)

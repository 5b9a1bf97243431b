"""What was asked for in vain: strangers make up names for nothing, and each would cost a query of the database."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

CAPACITY = 10_000
AGAIN_AFTER = 1.0
PER_SECOND = 100
"""Questions about names that nobody knows, in one process; about 5 % of what a small database answers."""


class Misses:
    """Remembers names for a second, the newest ones, and counts the questions about all others."""

    def __init__(
        self, *, capacity: int = CAPACITY, per_second: int = PER_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._clock = clock
        self._asked: OrderedDict[Hashable, float] = OrderedDict()
        self._left = float(per_second)
        self._counted_at = clock()

    def __contains__(self, name: Hashable) -> bool:
        """Tell whether the name was noted within the last second."""
        return self._clock() - self._asked.get(name, -AGAIN_AFTER) < AGAIN_AFTER

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._asked)

    def note(self, name: Hashable) -> None:
        """Remember a name; when there are as many as may be, the oldest is forgotten."""
        if name not in self._asked and len(self._asked) >= self._capacity:
            self._asked.popitem(last=False)
        self._asked[name] = self._clock()
        self._asked.move_to_end(name)

    def may_ask(self) -> bool:
        """Count one question about a name that nobody knows; False when there were too many in this second."""
        now = self._clock()
        self._left = min(self._per_second, self._left + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def found(self) -> None:
        """Take back the count of a question: somebody knows the name."""
        self._left += 1

    def forget(self, name: Hashable) -> None:
        """Let the name be asked for at once."""
        self._asked.pop(name, None)

    def clear(self) -> None:
        """Let every name be asked for at once."""
        self._asked.clear()

"""When a handler that failed runs again: later each time, and not before the host takes calls again."""

import pytest

from app.connect.serving.retries import FIRST_BACKOFF, LONGEST_AFTER_OUTAGE, LONGEST_BACKOFF, pause_after
from app.connect.work.pauses import LONGEST_LIMIT, Pauses

NOW = 1_800_000_000.0


class TestPause:
    @pytest.mark.parametrize("attempts", range(1, 9))
    def test_doubles_and_differs(self, attempts: int) -> None:
        longest = FIRST_BACKOFF * 2 ** (attempts - 1)
        found = {pause_after(attempts) for _ in range(50)}
        assert len(found) > 1
        assert all(longest / 2 <= one <= longest for one in found)

    @pytest.mark.parametrize("longest", [LONGEST_AFTER_OUTAGE, LONGEST_BACKOFF])
    def test_has_an_end(self, longest: float) -> None:
        assert all(longest / 2 <= pause_after(attempts, longest=longest) <= longest for attempts in (11, 5000))


class TestLimit:
    def test_ends_at_its_reset(self) -> None:
        for _ in range(50):
            assert NOW + 600 <= Pauses(lambda: NOW).limited("https://a", "one", NOW + 600) <= NOW + 601

    @pytest.mark.parametrize(("reset", "seconds"), [(NOW - 50, 1.0), (NOW + 90_000, LONGEST_LIMIT)])
    def test_is_a_second_at_least_and_an_hour_and_a_little_at_most(self, reset: float, seconds: float) -> None:
        found = Pauses(lambda: NOW).limited("https://a", "one", reset) - NOW
        assert seconds <= found <= seconds + 1.0

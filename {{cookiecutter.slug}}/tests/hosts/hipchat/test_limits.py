"""How long a call waits for its host."""

import pytest

from app.connect.hosts.hipchat.client.errors import RateLimited
from app.connect.hosts.hipchat.client.waiting import Patience, Waiting, reset_of
from app.connect.network.fetch import HostUnavailable
from tests.hosts.hipchat.tenants import Clock

NOW = 1_800_000_000.0


@pytest.fixture
def waiting(clock: Clock) -> Waiting:
    return Waiting(Patience(budget=30.0, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5))


class TestResets:
    def test_a_reset_is_in_unix_seconds(self) -> None:
        assert reset_of({"X-Ratelimit-Reset": "1800000012"}, now=NOW) == NOW + 12

    def test_a_small_reset_is_in_seconds_from_now(self) -> None:
        assert reset_of({"X-Ratelimit-Reset": "12"}, now=NOW) == NOW + 12

    def test_the_later_of_two_resets_counts(self) -> None:
        headers = {"X-Ratelimit-Reset": "1800000100", "X-FloodControl-Reset": "1800000012"}
        assert reset_of(headers, now=NOW) == NOW + 100

    def test_a_limit_that_is_not_used_up_does_not_count(self) -> None:
        headers = {
            "X-Ratelimit-Remaining": "400",
            "X-Ratelimit-Reset": "1800000100",
            "X-FloodControl-Remaining": "0",
            "X-FloodControl-Reset": "1800000012",
        }
        assert reset_of(headers, now=NOW) == NOW + 12

    @pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-inf"])
    def test_a_reset_that_is_no_number_is_none(self, text: str) -> None:
        assert reset_of({"X-Ratelimit-Reset": text}, now=NOW) is None

    def test_retry_after_counts_where_there_is_no_other(self) -> None:
        assert reset_of({"Retry-After": "7"}, now=NOW) == NOW + 7


class TestWaitingForALimit:
    async def test_waits_until_the_reset_and_a_little(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit({"X-Ratelimit-Reset": "1800000012"})
        assert clock.slept == [12.5]

    async def test_a_reset_in_the_past_still_makes_a_pause(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit({"X-Ratelimit-Reset": "1799999000"})
        assert clock.slept == [1.0]

    async def test_backs_off_when_the_host_names_no_reset(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit({})
        await waiting.for_limit({})
        assert clock.slept == [1.0, 1.5]

    async def test_raises_beyond_the_budget_without_waiting(self, waiting: Waiting, clock: Clock) -> None:
        with pytest.raises(RateLimited) as caught:
            await waiting.for_limit({"X-Ratelimit-Reset": "1800000300"})
        assert caught.value.reset == NOW + 300
        assert clock.slept == []

    async def test_the_budget_is_for_all_waits_together(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit({"X-Ratelimit-Reset": str(int(clock.now) + 20)})
        with pytest.raises(RateLimited):
            await waiting.for_limit({"X-Ratelimit-Reset": str(int(clock.now) + 20)})


class TestWaitingForRecovery:
    async def test_three_tries_with_growing_pauses_and_then_the_error(self, waiting: Waiting, clock: Clock) -> None:
        error = HostUnavailable()
        for _ in range(3):
            await waiting.for_recovery(error)
        with pytest.raises(HostUnavailable) as caught:
            await waiting.for_recovery(error)
        assert caught.value is error
        assert clock.slept == [0.5, 1.0, 2.0]

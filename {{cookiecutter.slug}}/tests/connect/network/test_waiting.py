"""How long a call waits for its host, and for whom it does not."""

import asyncio

import pytest

from app.connect.network.fetch import HostUnavailable
from app.connect.network.refusals import RateLimited
from app.connect.network.waiting import MOST_WAITING, Patience, Waiting

NOW = 1_800_000_000.0


class Clock:
    """Stands still but for what is slept."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, *, budget: float = 30.0, first: float = 0.5) -> Patience:
        return Patience(budget, clock=lambda: self.now, sleep=self.sleep, jitter=lambda: 0.5, first=first)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(clock: Clock) -> Waiting:
    return Waiting(clock.patience(), "tenant")


class TestLimit:
    async def test_is_waited_for_until_the_reset_and_a_little(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit(NOW + 12)
        assert clock.slept == [12.5]

    async def test_with_a_reset_in_the_past_still_makes_a_pause(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit(NOW - 1000)
        assert clock.slept == [1.0]

    async def test_without_a_reset_is_waited_for_longer_each_time_and_ends(self, clock: Clock) -> None:
        waiting = Waiting(clock.patience(first=1.0), "tenant")
        for _ in range(3):
            await waiting.for_limit(None)
        with pytest.raises(RateLimited):
            await waiting.for_limit(None)
        assert clock.slept == [1.5, 2.5, 4.5]

    async def test_beyond_the_budget_is_an_error_that_says_until_when_and_why(
        self, waiting: Waiting, clock: Clock
    ) -> None:
        with pytest.raises(RateLimited) as caught:
            await waiting.for_limit(NOW + 300, "quota")
        assert (caught.value.reset, caught.value.reason) == (NOW + 300, "quota")
        assert clock.slept == []

    async def test_budget_is_for_all_waits_together(self, waiting: Waiting, clock: Clock) -> None:
        await waiting.for_limit(NOW + 20)
        with pytest.raises(RateLimited):
            await waiting.for_limit(clock.now + 20)

    async def test_was_not_carried_out_so_that_nothing_may_be_done_twice(self, waiting: Waiting) -> None:
        await waiting.for_limit(NOW + 1)
        assert not waiting.has_retried


class TestRecovery:
    async def test_is_three_tries_with_growing_pauses_and_then_the_error(self, waiting: Waiting, clock: Clock) -> None:
        error = HostUnavailable()
        for _ in range(3):
            await waiting.for_recovery(error)
        with pytest.raises(HostUnavailable) as caught:
            await waiting.for_recovery(error)
        assert caught.value is error
        assert clock.slept == [0.5, 1.0, 2.0]
        assert waiting.has_retried

    async def test_ends_with_the_budget(self, clock: Clock) -> None:
        waiting = Waiting(clock.patience(budget=2.5, first=1.0), "tenant")
        await waiting.for_recovery(HostUnavailable())
        with pytest.raises(HostUnavailable):
            await waiting.for_recovery(HostUnavailable())


class TestFairness:
    """What many calls of one tenant wait for holds up nobody else."""

    async def test_few_calls_of_one_tenant_wait_at_a_time(self) -> None:
        awake = asyncio.Event()

        async def sleep(_: float) -> None:
            await awake.wait()

        patience = Patience(clock=lambda: NOW, sleep=sleep, jitter=lambda: 0.5)
        calls = [asyncio.create_task(Waiting(patience, "busy").for_limit(NOW + 20)) for _ in range(10)]
        done, asleep = await asyncio.wait(calls, timeout=0.05)
        assert (len(done), len(asleep)) == (10 - MOST_WAITING, MOST_WAITING)
        assert all(isinstance(one.exception(), RateLimited) for one in done)
        other = asyncio.create_task(Waiting(patience, "quiet").for_limit(NOW + 1))
        awake.set()
        await asyncio.gather(other, *asleep)
        assert not patience.waiting
        await Waiting(patience, "busy").for_limit(NOW + 1)

    async def test_call_that_is_given_up_makes_room(self) -> None:
        patience = Patience(clock=lambda: NOW)
        calls = [asyncio.create_task(Waiting(patience, "busy").for_limit(NOW + 20)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        assert patience.waiting["busy"] == MOST_WAITING
        for one in calls:
            one.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert not patience.waiting

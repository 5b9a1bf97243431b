"""How often a password may be tried, by a clock of the test's own."""

import pytest

from app.connect.access.attempts import LONGEST_WAIT, REMEMBERED, Attempts, TooManyAttempts, Turns


class Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def tried(attempts: Attempts, *, who: str = "eve", client: str = "1.1.1.1", times: int) -> int:
    """Try some times in vain, and return how often that was looked at."""
    looked = 0
    for _ in range(times):
        try:
            await attempts.turn(who, client)
        except TooManyAttempts:
            continue
        looked += 1
    return looked


class TestOneAddress:
    async def test_has_ten_at_once_and_then_one_in_two_seconds(self) -> None:
        time = Time()
        attempts = Attempts(clock=time, sleep=time.sleep)
        begun = time.now
        assert await tried(attempts, times=10) == 10
        assert time.now == begun
        assert await tried(attempts, times=100) == 100
        assert time.now - begun == pytest.approx(200, abs=5)

    async def test_is_put_off_when_there_are_too_many_turns_before_its_own(self) -> None:
        time = Time()

        async def stand_still(_: float) -> None:
            """Many come at one moment."""

        attempts = Attempts(clock=time, sleep=stand_still)
        looked = await tried(attempts, times=500)
        assert looked == 10 + int(LONGEST_WAIT / 2)
        time.now += 2 * looked
        assert await tried(attempts, times=1) == 1

    async def test_that_is_right_gets_its_turn_back(self) -> None:
        time = Time()
        attempts = Attempts(clock=time, sleep=time.sleep)
        begun = time.now
        for _ in range(1000):
            await attempts.turn("eve", "1.1.1.1")
            attempts.give_back("eve", "1.1.1.1")
        assert time.now == begun


class TestOthers:
    async def test_are_not_slowed(self) -> None:
        time = Time()

        async def stand_still(_: float) -> None:
            """Many come at one moment."""

        attempts = Attempts(clock=time, sleep=stand_still)
        await tried(attempts, times=500)
        assert await tried(attempts, who="adam", times=10) == 10
        # The owner, from another address.
        assert await tried(attempts, client="2.2.2.2", times=10) == 10

    async def test_at_many_addresses_are_slowed_together(self) -> None:
        time = Time()

        async def stand_still(_: float) -> None:
            """Many come at one moment."""

        attempts = Attempts(clock=time, sleep=stand_still)
        looked = [await tried(attempts, client=f"1.1.{number}.1", times=1) for number in range(1000)]
        assert sum(looked) == pytest.approx(100 + LONGEST_WAIT / 0.4, abs=1)


class TestMemory:
    def test_is_bounded(self) -> None:
        turns = Turns(at_once=1, pause=1e6)
        for number in range(REMEMBERED + 10):
            turns.take(number)
        assert turns.wait_for(0) == 0
        assert turns.wait_for(REMEMBERED + 9) > 0

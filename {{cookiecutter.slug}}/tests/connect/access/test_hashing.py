"""Passwords are hashed few at once, beside the event loop, and alike for whoever is not there."""

import asyncio
import threading
from collections import Counter

from argon2 import extract_parameters

from app.connect.access.hashing import AT_ONCE, COST, MOST_OF_ONE, MOST_WAITING, NOBODYS, Hashing, hash_password
from app.connect.errors import Busy
from tests.connect.access.users import OTHER_PASSWORD, PASSWORD

BOUND = 60


class Slow:
    """Stands where argon2 does, and waits until the test lets it go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.running = self.most = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, password: str, _: str) -> bool:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.get_ident())
        assert self.go_on.wait(BOUND)
        with self._lock:
            self.running -= 1
        return password == PASSWORD


class TestHash:
    async def test_is_argon2id_and_holds_for_its_password_alone(self) -> None:
        made = [hash_password(PASSWORD) for _ in range(2)]
        assert made[0] != made[1]
        assert made[0].startswith("$argon2id$")
        assert PASSWORD not in made[0]
        answers = [await Hashing().matches(one, made[0], owner="a") for one in (PASSWORD, OTHER_PASSWORD)]
        assert answers == [True, False]

    async def test_of_nobody_costs_what_one_costs_and_is_of_no_password(self) -> None:
        assert extract_parameters(NOBODYS) == extract_parameters(hash_password(PASSWORD)) == COST
        assert await Hashing().matches(PASSWORD, None, owner="a") is False

    async def test_that_cannot_be_read_is_nobodys(self) -> None:
        assert await Hashing().matches(PASSWORD, "$argon2id$broken", owner="a") is False


class TestHashing:
    async def test_is_bounded_and_leaves_the_loop_and_other_tenants_alone(self) -> None:
        slow = Slow()
        one = Hashing(slow)
        tasks = {
            owner: [asyncio.create_task(one.matches(PASSWORD, NOBODYS, owner=owner)) for _ in range(MOST_WAITING)]
            for owner in ("flooded", "other")
        }
        refused: Counter[str] = Counter()
        async with asyncio.timeout(BOUND):
            # The loop goes on while every thread hashes.
            while len(slow.threads) < AT_ONCE or sum(refused.values()) < 2 * (MOST_WAITING - MOST_OF_ONE):
                await asyncio.sleep(0.01)
                refused = Counter(
                    owner for owner, them in tasks.items() for task in them if task.done() and task.exception()
                )
            slow.go_on.set()
            answers = {owner: await asyncio.gather(*them, return_exceptions=True) for owner, them in tasks.items()}
        assert refused == {"flooded": MOST_WAITING - MOST_OF_ONE, "other": MOST_WAITING - MOST_OF_ONE}
        for them in answers.values():
            assert [type(answer) for answer in them] == [bool] * MOST_OF_ONE + [Busy] * (MOST_WAITING - MOST_OF_ONE)
        assert slow.most == AT_ONCE
        assert threading.get_ident() not in slow.threads
        assert await one.matches(PASSWORD, NOBODYS, owner="flooded")

    async def test_of_all_tenants_together_is_bounded(self) -> None:
        slow = Slow()
        one = Hashing(slow)
        tasks = [
            asyncio.create_task(one.matches(PASSWORD, NOBODYS, owner=str(number))) for number in range(2 * MOST_WAITING)
        ]
        async with asyncio.timeout(BOUND):
            first = asyncio.as_completed(tasks)
            refused = [await asyncio.gather(next(first), return_exceptions=True) for _ in range(MOST_WAITING)]
            slow.go_on.set()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(error) for [error] in refused} == {Busy}
        assert [isinstance(answer, Busy) for answer in answers] == [False] * MOST_WAITING + [True] * MOST_WAITING

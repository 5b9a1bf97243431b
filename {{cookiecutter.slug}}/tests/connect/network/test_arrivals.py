"""Turns of hosts that nobody has proven yet: few at a time, one for an origin, and not for long."""

import asyncio

import pytest

from app.connect.errors import Busy, InstallRefused
from app.connect.network.arrivals import MOST, WAITING, Arrivals
from tests.connect.network.servers import client
from tests.connect.waiting import until


class Turns:
    """Takes turns and holds them until it is told to let go."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.present: list[str] = []
        self.let_go = asyncio.Event()

    async def take(self, origin: str, *, is_named: bool = False) -> None:
        async with self.arrivals.turn(origin, is_named=is_named):
            self.present.append(origin)
            await self.let_go.wait()

    def begin(self, *origins: str, is_named: bool = False) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.take(origin, is_named=is_named)) for origin in origins]

    async def hold(self, count: int) -> None:
        async def are_present() -> bool:
            return len(self.present) == count

        await until(are_present)


OTHERS = [f"https://{number}.example" for number in range(MOST + 3)]


class TestTurns:
    async def test_are_taken_by_few_origins_at_a_time(self) -> None:
        async with client() as outbound:
            turns = Turns(Arrivals(outbound))
            tasks = turns.begin(*OTHERS)
            await turns.hold(MOST)
            turns.let_go.set()
            await asyncio.gather(*tasks)
            assert sorted(turns.present) == sorted(OTHERS)

    @pytest.mark.parametrize("is_named", [True, False])
    async def test_of_one_origin_come_one_after_the_other(self, *, is_named: bool) -> None:
        async with client() as outbound:
            turns = Turns(Arrivals(outbound, patience=0.1))
            [first] = turns.begin("https://a.example", is_named=is_named)
            await turns.hold(1)
            with pytest.raises(Busy):
                await turns.take("https://a.example", is_named=is_named)
            turns.let_go.set()
            await first
            await turns.take("https://a.example", is_named=is_named)

    async def test_of_named_origins_are_not_held_up_by_others(self) -> None:
        async with client() as outbound:
            turns = Turns(Arrivals(outbound))
            others = turns.begin(*OTHERS, *(f"https://more-{number}.example" for number in range(2 * WAITING)))
            await turns.hold(MOST)
            [named] = turns.begin("https://named.example", is_named=True)
            await turns.hold(MOST + 1)
            turns.let_go.set()
            await named
            await asyncio.gather(*others, return_exceptions=True)

    async def test_over_what_may_wait_are_put_off_at_once(self) -> None:
        async with client() as outbound:
            turns = Turns(Arrivals(outbound, patience=600))
            tasks = turns.begin(*["https://a.example"] * (WAITING + 1))
            await turns.hold(1)
            await asyncio.sleep(0)
            async with asyncio.timeout(5):
                with pytest.raises(Busy):
                    await turns.take("https://a.example")
            turns.let_go.set()
            await asyncio.gather(*tasks)

    async def test_end(self) -> None:
        async with client() as outbound:
            turns = Turns(Arrivals(outbound, turn=0.1))
            with pytest.raises(InstallRefused, match="took too long"):
                await turns.take("https://a.example")
            turns.let_go.set()
            await turns.take("https://a.example")

"""Handlers at a time of day: once each day, in the right zone, made up for once, and never from before the install."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.connect import AddonRouter, Ctx
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.probe import DOCUMENT
from tests.connect.serving.timed import Chosen, Timed, TimedAddon
from tests.support.running import ADDON, Clock

pytestmark = pytest.mark.both_databases

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = datetime(2030, 3, 26, tzinfo=UTC)
"""In the week before the clocks of Berlin go forward; the tests install years earlier, which is now."""
Start = Callable[..., TimedAddon]


@pytest.fixture
async def begin(settings: Settings, devhost: Devhost) -> AsyncIterator[Start]:
    """Start one process of the add-on; all share the database and the host."""
    async with AsyncExitStack() as stack:

        def start_one(*more: Router[object]) -> TimedAddon:
            timed, clock = Timed(), Clock()
            application = Application(
                settings, (timed.router, *more), transport=devhost.transport, document=DOCUMENT, clock=clock
            )
            stack.push_async_callback(application.close)
            http = httpx.AsyncClient(transport=httpx.ASGITransport(application.app), base_url=ADDON)
            stack.push_async_callback(http.aclose)
            return TimedAddon(application.app, devhost, http, clock, timed)

        yield start_one


@pytest.fixture
def addon(begin: Start, devhost: Devhost) -> TimedAddon:
    """The process that the devhost calls."""
    process = begin()
    devhost.serve(ADDON, process.app)
    return process


def berlin(day: datetime, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


class TestTimeInAFixedZone:
    async def test_comes_once_a_day(self, addon: TimedAddon) -> None:
        await addon.install()
        await addon.go_to(berlin(TUESDAY, 9, 31))
        before = addon.timed.count("berlin")
        tomorrow = TUESDAY + timedelta(days=1)
        await addon.go_to(berlin(tomorrow, 9, 29))
        assert addon.timed.count("berlin") == before
        await addon.go_to(berlin(tomorrow, 9, 31))
        assert addon.timed.count("berlin") == before + 1
        for hours in (1, 6, 22):
            await addon.go_to(berlin(tomorrow, 9, 31) + timedelta(hours=hours))
        assert addon.timed.count("berlin") == before + 1

    async def test_follows_daylight_saving(self, addon: TimedAddon) -> None:
        """Clocks go forward in the night of Sunday, the 31st: 09:30 is 08:30 UTC before and 07:30 UTC after."""
        await addon.install()
        saturday, sunday = datetime(2030, 3, 30, tzinfo=UTC), datetime(2030, 3, 31, tzinfo=UTC)
        await addon.go_to(saturday.replace(hour=8, minute=31))
        before = addon.timed.count("berlin")
        await addon.go_to(sunday.replace(hour=7, minute=29))
        assert addon.timed.count("berlin") == before
        await addon.go_to(sunday.replace(hour=7, minute=31))
        assert addon.timed.count("berlin") == before + 1

    async def test_leaves_out_the_days_that_are_not_named(self, addon: TimedAddon) -> None:
        await addon.install()
        friday = TUESDAY + timedelta(days=3)
        counts = []
        for days in range(5):
            await addon.go_to(friday.replace(hour=12, minute=1) + timedelta(days=days))
            counts.append(addon.timed.count("weekdays"))
        assert [count - counts[0] for count in counts] == [0, 0, 0, 1, 2]

    async def test_that_was_missed_is_made_up_for_once(self, addon: TimedAddon, begin: Start) -> None:
        await addon.install()
        await addon.go_to(berlin(TUESDAY, 9, 31))
        # Nothing runs for three days; then a process starts in the evening of the fourth.
        late = begin()
        await late.go_to(berlin(TUESDAY + timedelta(days=4), 20, 0))
        assert late.timed.count("berlin") == 1
        await late.go_to(berlin(TUESDAY + timedelta(days=5), 8, 0))
        assert late.timed.count("berlin") == 1

    async def test_before_the_installation_is_not_made_up_for(self, addon: TimedAddon) -> None:
        await addon.install()
        await addon.settle()
        assert addon.timed.runs == []

    async def test_comes_once_although_two_processes_look(self, addon: TimedAddon, begin: Start) -> None:
        await addon.install()
        other = begin()
        for process in (addon, other):
            process.turn_to(berlin(TUESDAY, 9, 31))
        await asyncio.gather(*(process.parts.scheduler.plan_due() for process in (addon, other) * 3))
        await asyncio.gather(addon.settle(), other.settle())
        assert addon.timed.count("berlin") + other.timed.count("berlin") == 1


class TestTimeInTheTenantsSettings:
    async def test_comes_at_the_time_and_in_the_zone_that_were_chosen(self, addon: TimedAddon) -> None:
        early, late, never = [await addon.install(room_id=place) for place in (1, 2, None)]
        morning = await addon.choose(early, Chosen(at=time(7, 15), zone="Asia/Tokyo"))
        evening = await addon.choose(late, Chosen(at=time(7, 15), zone="America/New_York"))
        silent = await addon.choose(never, Chosen(at=None))
        await addon.go_to(TUESDAY.replace(hour=22, minute=0))
        addon.timed.runs.clear()
        # 07:15 on Wednesday is 22:15 UTC on Tuesday in Tokyo, and 11:15 UTC in New York.
        await addon.go_to(TUESDAY.replace(hour=22, minute=16))
        assert [run for run in addon.timed.runs if run[0] == "own"] == [("own", morning.id)]
        wednesday = TUESDAY + timedelta(days=1)
        await addon.go_to(wednesday.replace(hour=11, minute=14))
        assert addon.timed.count("own") == 1
        await addon.go_to(wednesday.replace(hour=11, minute=16))
        own = [tenant for name, tenant in addon.timed.runs if name == "own"]
        assert own == [morning.id, evening.id]
        assert silent.id not in own

    async def test_never_comes_twice_a_day_although_it_is_put_later(self, addon: TimedAddon) -> None:
        installation = await addon.install()
        await addon.choose(installation, Chosen(at=time(8, 0)))
        await addon.go_to(TUESDAY.replace(hour=8, minute=1))
        assert addon.timed.count("own") == 1
        await addon.choose(installation, Chosen(at=time(17, 0)))
        await addon.go_to(TUESDAY.replace(hour=17, minute=1))
        assert addon.timed.count("own") == 1
        await addon.go_to(TUESDAY.replace(hour=17, minute=1) + timedelta(days=1))
        assert addon.timed.count("own") == 2

    async def test_that_was_missed_is_made_up_for_once(self, addon: TimedAddon, begin: Start) -> None:
        installation = await addon.install()
        await addon.choose(installation, Chosen(at=time(8, 0)))
        late = begin()
        await late.go_to(TUESDAY.replace(hour=20))
        await late.go_to(TUESDAY.replace(hour=21))
        assert late.timed.count("own") == 1

    async def test_before_the_installation_is_not_made_up_for(self, addon: TimedAddon) -> None:
        installation = await addon.install()
        an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).time().replace(second=0, microsecond=0)
        await addon.choose(installation, Chosen(at=an_hour_ago))
        await addon.pass_time(minutes=1)
        assert addon.timed.count("own") == 0

    async def test_comes_once_although_two_processes_look(self, addon: TimedAddon, begin: Start) -> None:
        await addon.choose(await addon.install(), Chosen(at=time(8, 0)))
        other = begin()
        for process in (addon, other):
            process.turn_to(TUESDAY.replace(hour=8, minute=1))
        await asyncio.gather(*(process.parts.scheduler.plan_due() for process in (addon, other) * 3))
        await asyncio.gather(addon.settle(), other.settle())
        assert addon.timed.count("own") + other.timed.count("own") == 1

    async def test_in_a_zone_that_nobody_knows_is_utc(self, addon: TimedAddon) -> None:
        await addon.choose(await addon.install(), Chosen(at=time(8, 0), zone="Mars/Olympus"))
        await addon.go_to(TUESDAY.replace(hour=8, minute=1))
        assert addon.timed.count("own") == 1

    async def test_that_fails_to_say_it_stops_nobody_else(
        self, begin: Start, devhost: Devhost, caplog: pytest.LogCaptureFixture
    ) -> None:
        router = AddonRouter()

        @router.every("broken", at=lambda chosen: chosen.no_such_field)
        async def broken(_: Ctx) -> None:
            """Never run."""

        addon = begin(router)
        devhost.serve(ADDON, addon.app)
        await addon.choose(await addon.install(), Chosen(at=time(8, 0)))
        await addon.go_to(TUESDAY.replace(hour=12, minute=1))
        assert [addon.timed.count(key) for key in ("own", "berlin", "weekdays")] == [1, 1, 1]
        lines = [record for record in caplog.records if record.levelname == "ERROR"]
        assert {record.getMessage() for record in lines} == {
            "the time of @router.every('broken') cannot be read from the tenant's settings; mend its function"
        }

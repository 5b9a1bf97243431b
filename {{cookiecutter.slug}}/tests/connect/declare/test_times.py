"""Times of day: the moments they stand for in every zone, on which days, and when clocks are changed."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connect import AddonRouter, ConfigurationError, Ctx, next_time
from app.connect.declare.times import Daily, find_zone, read_days, read_time

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Apia")
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is added
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
DAY = timedelta(days=1)


class TestNextTime:
    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
    def test_is_ahead_and_at_most_a_day_and_a_changed_clock_away(self, at: time, zone: str, now: datetime) -> None:
        found = next_time(at, zone, now=now)
        assert now < found <= now + timedelta(hours=26)
        assert found.tzinfo is UTC

    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
    def test_is_that_time_on_the_clocks_there(self, at: time, zone: str, now: datetime) -> None:
        there = next_time(at, zone, now=now).astimezone(ZoneInfo(zone))
        skipped = datetime.combine(there.date(), at, ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        # In the hour that is left out in spring there is no such time: then it is as much later.
        assert there.time().replace(fold=0) in {at, skipped.time().replace(fold=0)}

    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
    def test_comes_again_and_again_without_standing_still(self, at: time, zone: str, now: datetime) -> None:
        first = next_time(at, zone, now=now)
        second = next_time(at, zone, now=first)
        assert timedelta(hours=22) <= second - first <= timedelta(hours=26)

    def test_of_now_is_ahead_of_now(self) -> None:
        assert next_time("09:30") > datetime.now(UTC)

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            ("2026-03-28T09:00+00:00", "2026-03-29T07:30+00:00"),
            ("2026-10-24T08:00+00:00", "2026-10-25T08:30+00:00"),
        ],
        ids=["spring", "autumn"],
    )
    def test_keeps_to_the_clock_when_it_is_changed(self, now: str, expected: str) -> None:
        found = next_time("09:30", "Europe/Berlin", now=datetime.fromisoformat(now))
        assert found == datetime.fromisoformat(expected)

    def test_in_the_hour_that_is_left_out_is_an_hour_later(self) -> None:
        found = next_time("02:30", "Europe/Berlin", now=datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
        assert found.astimezone(ZoneInfo("Europe/Berlin")).time() == time(3, 30)

    def test_in_the_hour_that_comes_twice_is_the_first(self) -> None:
        night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
        first = next_time("02:30", "Europe/Berlin", now=night)
        assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert next_time("02:30", "Europe/Berlin", now=first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


class TestLatest:
    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
    def test_is_behind_and_less_than_a_day_away(self, at: time, zone: str, now: datetime) -> None:
        found = Daily(at, zone).latest(None, now=now)
        if found is not None:
            assert now - DAY < found.astimezone(UTC) <= now

    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
    def test_is_missed_by_nobody_who_looks_now_and_then(self, at: time, zone: str, now: datetime) -> None:
        """Whoever looks each hour for three days meets each of its dates, and each once."""
        daily = Daily(at, zone)
        looks = [daily.latest(None, now=now + timedelta(hours=hours)) for hours in range(73)]
        dates = [found.date() for found in looks if found is not None]
        assert dates == sorted(dates)
        assert {*dates} >= {dates[0] + timedelta(days=days) for days in range((dates[-1] - dates[0]).days + 1)} - GAPS

    @given(at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS, days=st.frozensets(st.integers(0, 6)))
    def test_is_on_one_of_its_days(self, at: time, zone: str, now: datetime, days: frozenset[int]) -> None:
        found = Daily(at, zone, days).latest(None, now=now)
        assert found is None or found.weekday() in days

    def test_of_yesterday_is_over_after_a_day_although_the_night_had_an_hour_more(self) -> None:
        daily = Daily("10:00", "Europe/Berlin")
        assert daily.latest(None, now=datetime(2026, 10, 25, 7, 59, tzinfo=UTC)) is not None
        assert daily.latest(None, now=datetime(2026, 10, 25, 8, 30, tzinfo=UTC)) is None

    def test_of_no_time_is_nothing(self) -> None:
        assert Daily(lambda _: None, None).latest(None, now=datetime.now(UTC)) is None

    def test_of_what_is_no_time_is_nothing_and_is_said(self, caplog: pytest.LogCaptureFixture) -> None:
        assert Daily(lambda _: "half past nine", None).latest(None, now=datetime.now(UTC)) is None
        assert "'half past nine' is no time of day; nothing runs" in caplog.text

    def test_reads_time_and_zone_from_the_settings(self) -> None:
        daily = Daily(lambda chosen: chosen["at"], lambda chosen: chosen["zone"])
        assert daily.asks_settings
        found = daily.latest({"at": "07:15", "zone": "Asia/Tokyo"}, now=datetime(2026, 5, 4, 23, 0, tzinfo=UTC))
        assert found is not None
        assert found.astimezone(UTC) == datetime(2026, 5, 4, 22, 15, tzinfo=UTC)
        assert found.date().isoformat() == "2026-05-05"

    @pytest.mark.parametrize(
        ("at", "timezone", "asks"),
        [("09:30", None, False), ("09:30", str, True), (str, "UTC", True), (time(9), "UTC", False)],
    )
    def test_knows_whether_it_differs_from_tenant_to_tenant(
        self, *, at: str | time | Callable[[Any], str], timezone: str | Callable[[Any], str] | None, asks: bool
    ) -> None:
        assert Daily(at, timezone).asks_settings is asks


GAPS = {datetime(2011, 12, 30, tzinfo=UTC).date()}
"""The day that Apia left out when it changed its side of the date line."""


class TestReading:
    @given(TIMES)
    def test_of_a_time_takes_back_what_was_written(self, at: time) -> None:
        assert read_time(at.strftime("%H:%M")) == read_time(at) == at

    @pytest.mark.parametrize("text", ["", "9", "24:00", "09:60", "9:30pm", "09:30:00", "noon"])
    def test_of_what_is_no_time_is_an_error(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"does not match format|unconverted data"):
            read_time(text)

    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("mon-sun", {0, 1, 2, 3, 4, 5, 6}),
            ("mon-fri", {0, 1, 2, 3, 4}),
            ("sat,sun", {5, 6}),
            ("Sat, Sun", {5, 6}),
            ("fri-mon", {4, 5, 6, 0}),
            ("wed", {2}),
            ("mon,wed-thu", {0, 2, 3}),
        ],
    )
    def test_of_days(self, text: str, days: set[int]) -> None:
        assert read_days(text) == days

    @pytest.mark.parametrize("text", ["", "monday", "mon-", "mon-xyz", "1-5", "mon;tue"])
    def test_of_what_are_no_days_is_an_error(self, text: str) -> None:
        with pytest.raises(ConfigurationError, match="Write mon-fri, or sat,sun"):
            read_days(text)

    def test_of_a_zone_that_nobody_knows_is_utc_and_is_said(self, caplog: pytest.LogCaptureFixture) -> None:
        for name in ("Mars/Olympus", "../../etc/passwd", "\0"):
            find_zone.cache_clear()
            assert find_zone(name).key == "UTC"
            assert f"there is no timezone {name!r}; UTC is used" in caplog.messages
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert [find_zone(name).key for name in (None, "", "Europe/Berlin")] == ["UTC", "UTC", "Europe/Berlin"]
        assert caplog.messages == []


class TestDeclaringEvery:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({}, "needs a length such as hours=24, or a time such as at='09:30'"),
            ({"hours": 1, "at": "09:30"}, "needs a length such as hours=24, or a time such as at='09:30'"),
            ({"hours": -1}, "needs a length such as hours=24, or a time such as at='09:30'"),
            ({"at": "9.30"}, "'9.30' is no time of day. Write at='09:30'"),
            ({"at": "09:30", "days": "workdays"}, "'workdays' are no days. Write mon-fri, or sat,sun"),
            ({"hours": 1, "days": "mon-fri"}, "days and timezone belong to a time such as at='09:30'"),
            ({"hours": 1, "timezone": "Europe/Berlin"}, "days and timezone belong to a time such as at='09:30'"),
            ({"at": "09:30", "timezone": "Europe/Berlim"}, "there is no timezone 'Europe/Berlim'"),
        ],
    )
    def test_wrongly_stops_the_start_with_the_line_to_write(self, options: dict[str, Any], said: str) -> None:
        async def handler(_: Ctx) -> None:
            """Never run."""

        with pytest.raises(ConfigurationError) as caught:
            AddonRouter().every("digest", **options)(handler)
        assert said in str(caught.value)

"""The patient's calendar: zones, clock changes and the date line."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from zoneinfo import ZoneInfo

import pytest

from tests.tracker.rules.diaries import document
from tests.trial_data import shared_file
from tracker.rules import parse_history
from tracker.rules.history.calendar import LocalCalendar, age_on, instant_of
from tracker.rules.state.episode_state import EpisodeState


def day_of(submitted_at: str, zone: str = "America/New_York", on: str = "2026-01-05"):
    record = {
        "kind": "diary_entry",
        "date": on,
        "submitted_at": submitted_at,
        "pain_average": 5,
    }
    history = parse_history(document([record], patient={"time_zone": zone}))
    state = EpisodeState(history)
    state.put(history.entries[0], history.entries[0].first)
    return state.days[Date.fromisoformat(on).toordinal()]


def test_noon_is_by_the_clock_on_a_short_day():
    assert day_of("2026-03-08T11:59:00-04:00", on="2026-03-07").is_on_time
    assert not day_of("2026-03-08T12:00:00-04:00", on="2026-03-07").is_on_time


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        pytest.param("America/New_York", "2026-03-08", "2026-03-08T05:00Z", id="short day"),
        pytest.param("America/New_York", "2026-11-01", "2026-11-01T04:00Z", id="long day"),
        pytest.param("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", id="no midnight"),
        pytest.param("Africa/Cairo", "2026-10-30", "2026-10-29T22:00Z", id="23:00 twice"),
        pytest.param("America/Toronto", "1919-03-31", "1919-03-31T04:30Z", id="gap over midnight"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z", id="a date left out"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z", id="the date after it"),
    ],
)
def test_the_first_instant_of_a_day(zone, day, start):
    days = LocalCalendar([(1, zone)])

    assert days.start(Date.fromisoformat(day).toordinal()) == datetime.fromisoformat(start)


def test_every_instant_around_a_clock_change_is_in_one_day():
    for line in shared_file("tz_transitions_2026_2028.csv").read_text().splitlines()[1:]:
        zone, moment = line.split(",")[:2]
        days = LocalCalendar([(1, zone)])
        for hours in range(-30, 31):
            instant = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(hours=hours)
            day = days.day_of(instant)
            assert days.start(day) <= instant < days.start(day + 1)


def zones(*changes: tuple[str, str]) -> LocalCalendar:
    return LocalCalendar(
        [(1, "UTC"), *((Date.fromisoformat(d).toordinal(), z) for d, z in changes)]
    )


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Pacific/Auckland", "America/Los_Angeles"),
        ("America/Los_Angeles", "Pacific/Auckland"),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("Europe/Berlin", "UTC"),
    ],
)
def test_a_flight_leaves_every_instant_in_one_day(first, then):
    days = zones(("2026-01-01", first), ("2026-02-01", then))
    start = datetime(2026, 1, 29, tzinfo=UTC)

    for hours in range(120):
        instant = start + timedelta(hours=hours)
        day = days.day_of(instant)
        assert days.start(day) <= instant
        assert instant < days.start(day + 1) or not days.exists(day + 1)


@pytest.mark.parametrize(
    ("day", "noon"),
    [
        pytest.param("2026-01-30", "2026-01-31T17:00Z", id="two days before"),
        pytest.param("2026-01-31", "2026-02-01T03:00Z", id="the day before"),
        pytest.param("2026-02-01", "2026-02-02T03:00Z", id="the first day of the new zone"),
    ],
)
def test_a_day_closes_at_noon_of_the_zone_of_the_next_day(day, noon):
    days = zones(("2026-01-01", "America/New_York"), ("2026-02-01", "Asia/Tokyo"))

    assert days.close(Date.fromisoformat(day).toordinal()) == datetime.fromisoformat(noon)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # In Tokyo the first of February begins when it is ten in the morning in New York.
        pytest.param("2026-01-31T14:59Z", "2026-01-31", id="before the new zone holds"),
        pytest.param("2026-01-31T15:00Z", "2026-02-01", id="as it begins to hold"),
        pytest.param("2026-02-02T02:00Z", "2026-02-02", id="after it, by the new clock"),
        pytest.param("2026-01-31T04:59Z", "2026-01-30", id="long before, by the old clock"),
    ],
)
def test_an_instant_is_in_the_day_of_the_zone_that_holds(instant, day):
    days = zones(("2026-01-01", "America/New_York"), ("2026-02-01", "Asia/Tokyo"))

    found_day = days.day_of(datetime.fromisoformat(instant))

    assert Date.fromordinal(found_day) == Date.fromisoformat(day)


@pytest.mark.parametrize("wall", ["02:00", "02:01", "02:20", "02:50", "02:59:59"])
def test_a_time_that_the_clocks_skip_is_the_first_instant_after_it(wall):
    new_york = ZoneInfo("America/New_York")

    skipped = instant_of(Date(2026, 3, 8), time.fromisoformat(wall), new_york)

    assert skipped == datetime(2026, 3, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "born", "years"),
    [
        pytest.param("2026-02-28", "1956-03-01", 69, id="the day before the birthday"),
        pytest.param("2026-03-01", "1956-03-01", 70, id="the birthday"),
        pytest.param("2026-02-28", "1956-02-29", 69, id="born on a leap day, 28 February"),
        pytest.param("2026-03-01", "1956-02-29", 70, id="born on a leap day, 1 March"),
    ],
)
def test_an_age_is_in_completed_years(on, born, years):
    assert age_on(Date.fromisoformat(on), Date.fromisoformat(born)) == years

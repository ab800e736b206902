from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trial_data import shared_file
from tracker.services.local_time.wall_time import Occurrence, instant_of, next_occurrence

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
    "Asia/Kolkata",
]


@pytest.mark.parametrize(
    ("zone", "day", "wall", "instant"),
    [
        pytest.param(
            "America/New_York", date(2026, 3, 1), time(19), "2026-03-02T00:00Z", id="plain"
        ),
        pytest.param(
            "America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:00Z", id="in the gap"
        ),
        pytest.param(
            "America/New_York", date(2026, 3, 8), time(2), "2026-03-08T07:00Z", id="gap begins"
        ),
        pytest.param(
            "America/New_York", date(2026, 3, 8), time(3), "2026-03-08T07:00Z", id="gap ends"
        ),
        pytest.param(
            "America/New_York",
            date(2026, 11, 1),
            time(1, 30),
            "2026-11-01T05:30Z",
            id="first of two",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            date(2026, 10, 4),
            time(2, 15),
            "2026-10-03T15:30Z",
            id="half gap",
        ),
        pytest.param(
            "Africa/Cairo", date(2026, 4, 24), time(0, 30), "2026-04-23T22:00Z", id="midnight gap"
        ),
        pytest.param(
            "Pacific/Apia", date(2011, 12, 30), time(9), "2011-12-30T10:00Z", id="skipped day"
        ),
    ],
)
def test_wall_time_becomes_one_instant(zone, day, wall, instant):
    assert instant_of(day, wall, ZoneInfo(zone)) == datetime.fromisoformat(instant)


@given(
    zone=st.sampled_from(ZONES),
    wall=st.times(),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
)
def test_the_next_occurrence_is_later_and_at_most_a_long_day_away(zone, wall, after):
    found = next_occurrence(wall.replace(microsecond=0, fold=0), ZoneInfo(zone), after=after)

    assert after < found.at <= after + timedelta(hours=26)


@pytest.mark.parametrize("wall", [time(0, 30), time(2, 30), time(20), time(23, 30)], ids=str)
def test_each_day_around_every_clock_change_has_one_occurrence(wall):
    """I12, over all zones and changes to the end of 2028: no day twice, none left out."""
    for row in clock_changes():
        zone = ZoneInfo(row["zone"])
        latest = datetime.fromisoformat(row["utc"]) - timedelta(hours=60)
        first = next_occurrence(wall, zone, after=latest).day
        for number in range(5):
            found = next_occurrence(wall, zone, after=latest)
            assert found.day == first + timedelta(days=number), row
            assert timedelta(0) < found.at - latest <= timedelta(hours=26), row
            assert is_shown_or_skipped(found, wall, zone), row
            latest = found.at


def clock_changes() -> list[dict[str, str]]:
    with shared_file("tz_transitions_2026_2028.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1000
    return rows


def is_shown_or_skipped(found: Occurrence, wall: time, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows the time, or has just skipped it."""
    wanted = datetime.combine(found.day, wall)
    before = (found.at - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    shown = found.at.astimezone(zone).replace(tzinfo=None)
    return shown == wanted or before < wanted < shown


def test_only_these_days_of_the_week_and_not_before_a_date():
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    at_noon = {"wall": time(12), "zone": ZoneInfo("UTC"), "after": friday}

    assert next_occurrence(**at_noon).day == date(2026, 3, 7)
    assert next_occurrence(**at_noon, weekdays={0, 2}).day == date(2026, 3, 9)
    assert next_occurrence(**at_noon, not_before=date(2026, 3, 20)).day == date(2026, 3, 20)

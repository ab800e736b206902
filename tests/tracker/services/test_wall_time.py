from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.services.wall_time import instant_of, next_occurrence

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
    occurrence = next_occurrence(wall.replace(microsecond=0, fold=0), ZoneInfo(zone), after=after)

    assert after < occurrence <= after + timedelta(hours=26)

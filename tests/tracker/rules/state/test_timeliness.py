"""On time, late, not analyzed."""

from __future__ import annotations

from datetime import date as Date

import pytest

from tests.tracker.rules.diaries import date, document, entries, entry, rules
from tracker.rules import parse_history
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


@pytest.mark.parametrize(
    ("submitted_at", "on_time", "analyzed"),
    [
        pytest.param("2026-01-04T23:59:59-05:00", False, False, id="before the day"),
        pytest.param("2026-01-05T00:00:00-05:00", True, True, id="as the day begins"),
        pytest.param("2026-01-06T11:59:59-05:00", True, True, id="just before noon"),
        pytest.param("2026-01-06T12:00:00-05:00", False, True, id="at noon: late"),
        pytest.param("2026-01-07T23:59:59-05:00", False, True, id="just under 48 hours"),
        pytest.param("2026-01-08T00:00:00-05:00", False, False, id="48 hours: kept, not analyzed"),
        pytest.param("2026-01-06T16:59:59Z", True, True, id="by the instant, not the offset"),
    ],
)
def test_timeliness(submitted_at, on_time, analyzed):
    day = day_of(submitted_at)

    assert (day.is_on_time, day.is_analyzed, day.pain) == (
        on_time,
        analyzed,
        5 if analyzed else None,
    )


@pytest.mark.parametrize(
    ("submitted_at", "analyzed"),
    [("2026-03-10T00:59:59-04:00", True), ("2026-03-10T01:00:00-04:00", False)],
)
def test_48_hours_are_elapsed_hours(submitted_at, analyzed):
    # Sunday 2026-03-08 has 23 hours: 48 hours after Saturday ends at 01:00 on Tuesday.
    assert day_of(submitted_at, on="2026-03-07").is_analyzed is analyzed


def test_a_zone_change_applies_from_its_date():
    moved = {"time_zones": [{"from": "2026-01-07", "time_zone": "Asia/Tokyo"}]}
    # 12:00 on the 7th in Tokyo is 22:00 on the 6th in New York.
    late = entry(2, 5, hour=22.5, walking=5)

    assert "FUNC-UNABLE" in rules([late])
    assert "FUNC-UNABLE" not in rules([late], patient=moved)


def test_the_first_version_decides_whether_a_day_was_on_time():
    first = entry(1, 5, hour=20)
    second = entry(1, 5, hour=60, walking=5)

    history = parse_history(document([first, second]))
    state = EpisodeState(history)
    for each in history.entries:
        state.put(each, each.first)

    day = state.days[date(1).toordinal()]
    assert (day.is_on_time, day.function) == (True, 5)


@pytest.mark.parametrize("first", [1, 8, 15])
def test_late_entries_count_in_means_only(first):
    on_time = entries([6] * (first + 3))
    late = [entry(first + day, 10, hour=40, walking=5) for day in (4, 5, 6)]
    after = entries(dict.fromkeys(range(first + 7, first + 10), 9))

    # With the late days the mean is 7.7, and 9 is no worsening; nor does their walking count.
    assert rules([*on_time, *after]) == {"WORSE"}
    assert rules([*on_time, *late, *after]) == set()

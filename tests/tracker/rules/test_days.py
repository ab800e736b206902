"""On time, late, not analyzed; zones, clock changes and the date line."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from zoneinfo import ZoneInfo

import pytest

from tests.tracker.rules.diaries import date, document, entries, entry, found, rules
from tests.trial_data import shared_file
from tracker.rules import evaluate, parse_history
from tracker.rules.chart import Chart
from tracker.rules.local_days import LocalDays, instant_of


def day_of(submitted_at: str, zone: str = "America/New_York", on: str = "2026-01-05"):
    record = {
        "kind": "diary_entry",
        "date": on,
        "submitted_at": submitted_at,
        "pain_average": 5,
    }
    history = parse_history(document([record], patient={"time_zone": zone}))
    chart = Chart(history)
    chart.put(history.entries[0], history.entries[0].first)
    return chart.days[Date.fromisoformat(on).toordinal()]


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
    days = LocalDays([(1, zone)])

    assert days.start(Date.fromisoformat(day).toordinal()) == datetime.fromisoformat(start)


def test_every_instant_around_a_clock_change_is_in_one_day():
    for line in shared_file("tz_transitions_2026_2028.csv").read_text().splitlines()[1:]:
        zone, moment = line.split(",")[:2]
        days = LocalDays([(1, zone)])
        for hours in range(-30, 31):
            instant = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(hours=hours)
            day = days.day_of(instant)
            assert days.start(day) <= instant < days.start(day + 1)


def zones(*changes: tuple[str, str]) -> LocalDays:
    return LocalDays([(1, "UTC"), *((Date.fromisoformat(d).toordinal(), z) for d, z in changes)])


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
    chart = Chart(history)
    for each in history.entries:
        chart.put(each, each.first)

    day = chart.days[date(1).toordinal()]
    assert (day.is_on_time, day.function) == (True, 5)


@pytest.mark.parametrize("first", [1, 8, 15])
def test_late_entries_count_in_means_only(first):
    on_time = entries([6] * (first + 3))
    late = [entry(first + day, 10, hour=40, walking=5) for day in (4, 5, 6)]
    after = entries(dict.fromkeys(range(first + 7, first + 10), 9))

    # With the late days the mean is 7.7, and 9 is no worsening; nor does their walking count.
    assert rules([*on_time, *after]) == {"WORSE"}
    assert rules([*on_time, *late, *after]) == set()


@pytest.mark.parametrize(
    ("last", "until", "opens"),
    [
        pytest.param(1, None, False, id="silence after the last record is not judged"),
        pytest.param(1, 7, False, id="six days of silence"),
        pytest.param(1, 8, True, id="seven days of silence"),
        pytest.param(None, 6, False, id="day 6, never an entry"),
        pytest.param(None, 7, True, id="day 7, never an entry"),
    ],
)
def test_silence(last, until, opens):
    records = [] if last is None else [entry(last, 5)]

    assert ("DATA-GAP" in rules(records, until=until)) is opens


def test_an_entry_without_pain_is_no_silence():
    assert "DATA-GAP" not in rules([entry(1, 5), entry(4, None)], until=10)
    assert "DATA-GAP" in rules([entry(1, 5), entry(4, None)], until=11)


def test_a_date_that_is_left_out_is_not_expected():
    # Samoa had no 30 December 2011: seven silent days take eight dates.
    record = {
        "kind": "diary_entry",
        "date": "2011-12-26",
        "submitted_at": "2011-12-26T20:00:00-10:00",
        "pain_average": 3,
    }
    history = parse_history(
        {
            "patient": {"ref": "p", "time_zone": "Pacific/Apia"},
            "episode": {"index_date": "2011-12-26"},
            "records": [record],
        }
    )

    def silent(until):
        limit = history.days.close(Date.fromisoformat(until).toordinal())
        return [flag.rule for flag in evaluate(history, until=limit).flags]

    assert silent("2012-01-02") == []
    assert silent("2012-01-03") == ["DATA-GAP"]


def test_a_late_entry_is_silence():
    assert "DATA-GAP" in rules([entry(1, 5), entry(4, 5, hour=37)], until=8)


@pytest.mark.parametrize(
    ("week", "priority"),
    [
        pytest.param([7] * 6 + [6], "P4", id="6.86 when last seen"),
        pytest.param([7] * 7, "P3", id="7.0 when last seen"),
    ],
)
def test_silence_after_severe_pain(week, priority):
    opened = [p for r, p, _ in found(entries(week), until=14) if r == "DATA-GAP"]

    assert opened == [priority]


@pytest.mark.parametrize(
    ("plan", "taken_on", "priority"),
    [
        pytest.param([{"prescribed": False}], None, "P3", id="planned"),
        pytest.param([{"waived": "not_tolerated"}], None, "P4", id="waived"),
        pytest.param([{"from": date(15).isoformat()}], None, "P3", id="planned from today"),
        pytest.param([{"from": date(16).isoformat()}], None, "P4", id="planned from tomorrow"),
        pytest.param([{"until": date(15).isoformat()}], None, "P3", id="planned until today"),
        pytest.param([{"until": date(14).isoformat()}], None, "P4", id="planned until yesterday"),
        pytest.param([], 16, "P4", id="taken on the morning after"),
        pytest.param([{"route": "topical"}], None, "P4", id="planned as a gel"),
        pytest.param(
            [{"route": "topical", "ingredients": [{"name": "fentanyl", "mcg_per_hour": 25}]}],
            None,
            "P3",
            id="planned as a patch, by its rate",
        ),
        pytest.param([], 9, "P3", id="taken seven days ago"),
        pytest.param([], 8, "P4", id="taken eight days ago"),
    ],
)
def test_silence_with_an_opioid(plan, taken_on, priority):
    from tests.tracker.rules.diaries import intake, medicine

    plans = [medicine("tramadol", **fields) for fields in plan]
    taken = [] if taken_on is None else [intake(taken_on, 8, "tramadol", 50)]
    records = [*entries([3] * 8), *taken]

    opened = [p for r, p, _ in found(records, plan=plans, until=15) if r == "DATA-GAP"]

    assert opened == [priority]


def test_the_next_close_is_named():
    history = parse_history(document(entries([5, 5])))
    noon = datetime(2026, 1, 8, 17, 0, tzinfo=UTC)

    assert evaluate(history, until=None).next_close_at == noon
    assert evaluate(history, until=noon).next_close_at == noon + timedelta(days=1)
    assert evaluate(history, until=noon - timedelta(seconds=1)).next_close_at == noon
    long_before = datetime(2020, 1, 1, tzinfo=UTC)
    assert evaluate(history, until=long_before).next_close_at == noon - timedelta(days=2)


def test_what_was_submitted_after_until_is_not_known():
    records = [entry(1, 2), entry(9, 2, walking=5)]

    assert rules(records, until=5) == set()


@pytest.mark.parametrize(
    ("later", "is_known"),
    [(timedelta(0), True), (timedelta(seconds=1), False)],
    ids=["submitted at that moment", "a second after it"],
)
def test_what_was_submitted_at_until_is_known(later, is_known):
    history = parse_history(document([entry(1, 2, walking=5)]))
    (submitted_at,) = history.arrivals

    flags = evaluate(history, until=submitted_at - later).flags

    assert [flag.rule for flag in flags] == (["FUNC-UNABLE"] if is_known else [])


def test_a_history_without_records_is_quiet():
    assert rules([]) == set()

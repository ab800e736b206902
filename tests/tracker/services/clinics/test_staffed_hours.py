from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.services.clinics.staffed_hours import StaffedCalendar

NEW_YORK = ZoneInfo("America/New_York")
WEEKDAYS = StaffedCalendar(
    zone=NEW_YORK,
    spans=tuple((day, time(8), time(17)) for day in range(5)),
    holidays=frozenset({date(2026, 7, 3)}),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        pytest.param("2026-03-02T09:00", 0, "2026-03-02T09:00", id="zero within hours is now"),
        pytest.param("2026-03-02T07:59", 0, "2026-03-02T08:00", id="zero before hours is opening"),
        pytest.param("2026-03-02T17:00", 0, "2026-03-03T08:00", id="at closing is next morning"),
        pytest.param("2026-03-02T09:00", 240, "2026-03-02T13:00", id="within the day"),
        pytest.param("2026-03-02T13:00", 240, "2026-03-02T17:00", id="to the minute of closing"),
        pytest.param("2026-03-02T13:00", 241, "2026-03-03T08:01", id="one minute over"),
        pytest.param("2026-03-06T16:00", 120, "2026-03-09T09:00", id="over a weekend and DST"),
        pytest.param("2026-07-02T16:00", 120, "2026-07-06T09:00", id="over a holiday"),
        pytest.param("2026-03-07T12:00", 60, "2026-03-09T09:00", id="from a Saturday"),
    ],
)
def test_staffed_minutes_pass_only_while_somebody_works(start, minutes, end):
    assert WEEKDAYS.add_minutes(local(start), minutes) == local(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-03-02T09:00", 1, "2026-03-03T17:00", id="Monday to Tuesday evening"),
        pytest.param("2026-03-06T09:00", 1, "2026-03-09T17:00", id="Friday to Monday evening"),
        pytest.param("2026-03-07T09:00", 1, "2026-03-10T17:00", id="Saturday work starts Monday"),
        pytest.param("2026-03-02T18:00", 1, "2026-03-04T17:00", id="after hours counts from next"),
        pytest.param("2026-03-02T09:00", 5, "2026-03-09T17:00", id="five business days"),
    ],
)
def test_business_days_end_when_the_clinic_closes(start, days, end):
    assert WEEKDAYS.end_of_business_day(local(start), days) == local(end)


def test_a_clinic_without_staffed_hours_is_never_waited_for():
    empty = StaffedCalendar(zone=NEW_YORK, spans=(), holidays=frozenset())
    start = local("2026-03-07T03:00")

    assert empty.add_minutes(start, 30) == start + timedelta(minutes=30)
    assert empty.end_of_business_day(start, 1) == start + timedelta(days=1)


def test_split_shifts_count_both_halves():
    halves = StaffedCalendar(
        zone=NEW_YORK,
        spans=((0, time(8), time(12)), (0, time(13), time(17))),
        holidays=frozenset(),
    )

    assert halves.add_minutes(local("2026-03-02T11:30"), 60) == local("2026-03-02T13:30")


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    first=st.integers(0, 2000),
    second=st.integers(0, 2000),
)
def test_waiting_in_two_parts_is_waiting_once(start, first, second):
    at_once = WEEKDAYS.add_minutes(start, first + second)
    in_parts = WEEKDAYS.add_minutes(WEEKDAYS.add_minutes(start, first), second)
    at_closing = WEEKDAYS.add_minutes(at_once, 0) == in_parts

    assert in_parts == at_once or at_closing

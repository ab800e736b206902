"""What a record must satisfy beyond its form: when it can have happened."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

from tracker.models import Patient
from tracker.rules.history import records as forms
from tracker.services.errors import ServiceError
from tracker.services.local_time.calendars import Calendar

Moment = TypeVar("Moment", date, datetime)

#: a phone's clock may be ahead by so much
CLOCK_TOLERANCE = timedelta(minutes=5)
#: nothing that happened longer before enrolment is part of the care
REACH_BACK = timedelta(days=366)


class RecordRefused(ServiceError):
    """The record cannot be true."""

    code = "invalid"
    path = ""


class InFuture(RecordRefused):
    """This has not happened yet. Is the clock of the phone right?"""

    code = "in_future"


class TooLongAgo(RecordRefused):
    """This is more than a year before the enrolment."""

    code = "too_long_ago"


def check_times(
    record: forms.Record | None,
    *,
    submitted_at: datetime,
    patient: Patient,
    calendar: Calendar,
    at: datetime,
) -> None:
    """Raise a RecordRefused, with the field in its `path`. No record: a retraction."""
    latest = at + CLOCK_TOLERANCE
    began = patient.enrolled_at or at
    _check("submitted_at", submitted_at, began - REACH_BACK, latest)
    if record is None:
        return
    if isinstance(record, forms.DiaryEntry | forms.PegScore):
        first = calendar.day_of(began) - REACH_BACK
        _check("date", record.date, first, calendar.day_of(latest))
    else:
        _check("at", record.at, began - REACH_BACK, latest)


def _check(path: str, value: Moment, first: Moment, last: Moment) -> None:
    refusal: RecordRefused | None = None
    if value > last:
        refusal = InFuture()
    elif value < first:
        refusal = TooLongAgo()
    if refusal is not None:
        refusal.path = path
        raise refusal

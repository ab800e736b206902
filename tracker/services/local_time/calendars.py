"""A patient's calendar: the rules' own, made from the stored zones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from tracker.models import Patient
from tracker.rules.history.calendar import LocalCalendar


class Calendar:
    """The calendar with dates instead of the rules' ordinals."""

    def __init__(self, present: str, changes: Iterable[tuple[date, str]]) -> None:
        """`changes`: zones from a date on, in order; without any, always the present one."""
        held = [(from_date.toordinal(), zone) for from_date, zone in changes]
        self._days = LocalCalendar(held or [(date.min.toordinal(), present)])

    def today(self, at: datetime) -> date:
        return date.fromordinal(self._days.day_of(at))

    day_of = today

    def zone_of(self, day: date) -> str:
        return self._days.zone(day.toordinal()).key


def calendar_of(patient: Patient) -> Calendar:
    changes = patient.time_zones.order_by("from_date").values_list("from_date", "time_zone")
    return Calendar(patient.time_zone, changes)

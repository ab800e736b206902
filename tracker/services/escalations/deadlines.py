"""Deadlines of escalations: P0 by the wall clock, the others by staffed hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.models import Flag, Priority
from tracker.services.clinics.staffed_hours import StaffedCalendar, calendar_of

#: P0 runs by the wall clock, day and night; the others by the clinic's staffed hours.
WALL_CLOCK = frozenset({Priority.P0})

#: Minutes after the last step until the escalation counts as exhausted, and between its pages.
PAGE_AGAIN_AFTER = {Priority.P0: 15, Priority.P1: 60, Priority.P2: 240, Priority.P3: 480}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The deadlines of one priority in one clinic."""

    priority: Priority
    calendar: StaffedCalendar

    def after(self, start: datetime, minutes: int) -> datetime:
        if self.priority in WALL_CLOCK:
            return start + timedelta(minutes=minutes)
        return self.calendar.add_minutes(start, minutes)

    def acknowledge_by(self, start: datetime) -> datetime:
        """The deadline to acknowledge, and for all but P0 also the time to review after that."""
        match self.priority:
            case Priority.P0:
                return start + timedelta(minutes=15)
            case Priority.P1:
                return self.calendar.add_minutes(start, 4 * 60)
            case Priority.P2:
                return self.calendar.end_of_business_day(start, 1)
            case _:
                return self.calendar.end_of_business_day(start, 5)

    def review_by(self, start: datetime) -> datetime:
        """A P0 is answered at once but takes longer than 15 minutes to decide."""
        if self.priority == Priority.P0:
            return start + timedelta(hours=1)
        return self.acknowledge_by(start)

    def page_again(self, start: datetime) -> datetime:
        return self.after(start, PAGE_AGAIN_AFTER[self.priority])


def deadlines_of(flag: Flag, priority: str) -> Deadlines:
    return Deadlines(priority=Priority(priority), calendar=calendar_of(flag.clinic))

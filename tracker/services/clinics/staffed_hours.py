"""When somebody works: clinic wall time turned into instants, across clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker.models import Clinic, Holiday, StaffedHours

#: How far ahead to look for staffed time before giving up on a clinic that has none.
HORIZON = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffedCalendar:
    """Spans of wall time by weekday, less holidays."""

    zone: ZoneInfo
    spans: tuple[tuple[int, time, time], ...]  #: weekday, opens, closes
    holidays: frozenset[date]

    def spans_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The staffed spans that end after `start`, in UTC, in order, up to the horizon."""
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(HORIZON.days + 2):
            day = first + timedelta(days=offset)
            if day in self.holidays:
                continue
            for weekday, opens, closes in self.spans:
                if weekday == day.weekday():
                    span = self._instant(day, opens), self._instant(day, closes)
                    if span[1] > start:
                        yield span

    def _instant(self, day: date, wall: time) -> datetime:
        # UTC at once: arithmetic on zoned datetimes is wall time and wrong on clock changes.
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """The instant at which so many staffed minutes have passed since `start`.

        Zero minutes is the first staffed instant. A clinic without staffed time is
        treated as always staffed: nobody is missed because a form was left empty.
        """
        left = timedelta(minutes=minutes)
        for opens, closes in self.spans_from(start):
            begin = max(opens, start)
            if begin + left <= closes:
                return begin + left
            left -= closes - begin
        return start + timedelta(minutes=minutes)

    def end_of_business_day(self, start: datetime, days: int) -> datetime:
        """The end of the `days`-th staffed day after the one on which work can start."""
        ends: dict[date, datetime] = {}
        for _, closes in self.spans_from(start):
            ends[closes.astimezone(self.zone).date()] = closes
            if len(ends) > days + 1:
                break
        in_order = list(ends.values())
        if len(in_order) <= days:
            return start + timedelta(days=days)
        return in_order[days]


def calendar_of(clinic: Clinic) -> StaffedCalendar:
    spans = StaffedHours.objects.filter(clinic=clinic).values_list("weekday", "opens", "closes")
    holidays = Holiday.objects.filter(clinic=clinic).values_list("holiday_date", flat=True)
    return StaffedCalendar(zone=clinic.zone, spans=tuple(spans), holidays=frozenset(holidays))

"""The patient's calendar: which instants make up which local day.

A local day runs from its first instant to the first instant of the next, each in
the zone that holds on that date, so 23 and 25 hour days, a midnight that does not
exist and a flight across the date line all leave every instant in one day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_NOT_A_PLACE = frozenset({"Factory", "localtime", "posixrules"})


@cache
def zone_names() -> frozenset[str]:
    """Names a patient's zone may have; everything else is refused unread."""
    return frozenset(available_timezones()) - _NOT_A_PLACE


class LocalCalendar:
    """Days are ordinals (`date.toordinal()`), instants are UTC."""

    def __init__(self, zones: Sequence[tuple[int, str]]) -> None:
        """`zones`: (first day, name) in order of day; the first holds before it too."""
        self._from = [first_day for first_day, _ in zones]
        self._zones = [ZoneInfo(name) for _, name in zones]
        self._starts: dict[int, datetime] = {}
        self._closes: dict[int, datetime] = {}

    def zone(self, day: int) -> ZoneInfo:
        return self._zones[max(bisect_right(self._from, day) - 1, 0)]

    def start(self, day: int) -> datetime:
        """The first instant of a local day."""
        if day not in self._starts:
            self._starts[day] = instant_of(Date.fromordinal(day), time(0), self.zone(day))
        return self._starts[day]

    def close(self, day: int) -> datetime:
        """The end of a day's on-time window: 12:00 local on the next day."""
        if day not in self._closes:
            noon = datetime.combine(Date.fromordinal(day + 1), time(12), tzinfo=self.zone(day + 1))
            self._closes[day] = noon.astimezone(UTC)
        return self._closes[day]

    def exists(self, day: int) -> bool:
        """False for a date that the clocks jumped over."""
        return self.start(day) < self.start(day + 1)

    def day_of(self, instant: datetime) -> int:
        """The local day that holds an instant."""
        if len(self._zones) == 1:
            return instant.astimezone(self._zones[0]).toordinal()
        # No zone is more than a day ahead of UTC.
        day = instant.astimezone(UTC).toordinal() + 1
        while self.start(day) > instant:
            day -= 1
        return day

    def local(self, instant: datetime) -> datetime:
        """An instant as the patient's clock shows it."""
        return instant.astimezone(self.zone(self.day_of(instant)))


def instant_of(day: Date, wall: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows `wall` on `day`, in UTC.

    A time that occurs twice is its first occurrence; one that a clock change skips is the
    first instant after the gap.
    """
    shown = datetime.combine(day, wall, tzinfo=zone)
    after = shown.astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return after
    return _end_of_gap(shown.replace(fold=1).astimezone(UTC), after, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def age_on(date: Date, birth_date: Date) -> int:
    """Completed years."""
    had_birthday = (date.month, date.day) >= (birth_date.month, birth_date.day)
    return date.year - birth_date.year - (not had_birthday)


def months_before(date: Date, months: int) -> Date:
    """The latest onset that is at least so many calendar months ago.

    Pain that began on 30 November is three months old on the last day of February.
    """
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    next_month = Date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last_day = (next_month - timedelta(days=1)).day
    is_month_end = (date + timedelta(days=1)).day == 1
    return Date(year, month + 1, last_day if is_month_end else min(date.day, last_day))

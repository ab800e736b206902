"""Wall time turned into instants, across gaps and folds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows `wall` on `day`, in UTC.

    A time that occurs twice is its first occurrence; one that a clock change skips is the
    first instant after the gap.
    """
    later = datetime.combine(day, wall, zone).astimezone(UTC)
    if later.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, wall):
        return later
    earlier = datetime.combine(day, wall, zone).replace(fold=1).astimezone(UTC)
    return _transition_between(earlier, later, zone)


def _transition_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def next_occurrence(wall: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    """The first instant later than `after` at which the wall clock shows `wall`."""
    day = after.astimezone(zone).date()
    while (instant := instant_of(day, wall, zone)) <= after:
        day += timedelta(days=1)
    return instant

"""Wall time turned into instants, across clock changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracker.rules.history.calendar import instant_of

__all__ = ["EVERY_DAY", "Occurrence", "instant_of", "next_occurrence"]

EVERY_DAY = frozenset(range(7))


class Occurrence(NamedTuple):
    #: the local day it belongs to; where a clock change skips the end of a day, the instant is
    #: the first of the next
    day: date
    at: datetime


def next_occurrence(
    wall: time,
    zone: ZoneInfo,
    *,
    after: datetime,
    weekdays: Collection[int] = EVERY_DAY,
    not_before: date = date.min,
) -> Occurrence:
    """The first time later than `after` that the wall clock shows `wall` on such a day."""
    day = max(after.astimezone(zone).date() - timedelta(days=1), not_before)
    while day.weekday() not in weekdays or (at := instant_of(day, wall, zone)) <= after:
        day += timedelta(days=1)
    return Occurrence(day, at)

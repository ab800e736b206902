"""Where a history can be cut: nothing before the cut is corrected by anything after it.

The evaluation can be resumed there from its state, because a correction is the only thing
that makes it look at an earlier record again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from tracker.rules.history.events import next_close
from tracker.rules.history.history import History
from tracker.rules.history.records import DiaryEntry, PegScore

_JUST_BEFORE = timedelta(microseconds=1)


class Cut(NamedTuple):
    """The instant at which a day closed, and all days before it had."""

    at: datetime
    closed_day: int


def newest_clean_cut(
    history: History, until: datetime, *, after: datetime | None = None
) -> Cut | None:
    """The latest close up to `until`, and later than `after`, that is a clean cut."""
    spans = list(_corrected_spans(history))
    limit = until
    for day in reversed(range(history.episodes.first.first_day, next_close(history, until))):
        at = history.calendar.close(day)
        if after is not None and at <= after:
            return None
        if at > limit or not is_in_order(history, Cut(at, day)):
            continue
        begun = [first for first, last in spans if first <= at < last]
        if not begun:
            return Cut(at, day)
        limit = min(begun) - _JUST_BEFORE
    return None


def is_in_order(history: History, cut: Cut) -> bool:
    """Whether that day closes then, and the days closed by then are those up to it.

    A flight across the date line can bring the noons of two days into the wrong order.
    """
    at, day = cut
    close, day_of = history.calendar.close, history.calendar.day_of
    # Days further away are further than any two zones are apart.
    is_last = close(day) == at and day_of(at) == day + 1
    return is_last and max(close(day - 1), close(day - 2)) <= at


def _corrected_spans(history: History) -> Iterator[tuple[datetime, datetime]]:
    """From the first to the last word on each record, and on each date of the diary."""
    dates: dict[tuple[type, int], list[datetime]] = {}
    for entry in history.entries:
        if len(entry.versions) > 1:
            yield entry.first.submitted_at, entry.versions[-1].submitted_at
        for version in entry.versions:
            if isinstance(version.record, (DiaryEntry, PegScore)):
                key = type(version.record), version.day
                dates.setdefault(key, []).append(version.submitted_at)
    for instants in dates.values():
        if len(instants) > 1:
            yield min(instants), max(instants)

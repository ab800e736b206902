"""What happens to a patient's flags, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

from tracker.rules.history.history import History


class Kind(IntEnum):
    """In this order at one instant: a close uses what was submitted by then."""

    ARRIVAL = 0
    CLOSE = 1
    CLOSURE = 2


class Event(NamedTuple):
    at: datetime
    kind: Kind
    #: Which day closes.
    day: int = 0
    #: Which rule's flag a clinician closed.
    rule: str = ""


def events(history: History, until: datetime | None) -> list[Event]:
    """Arrivals of records, closes of days and closures of flags."""
    return sorted(
        chain(_arrivals(history, until), _closes(history, until), _closures(history, until))
    )


def next_close(history: History, until: datetime | None) -> int:
    """The first day that is not closed: the day after the last record's, or after `until`."""
    first = history.episodes.first.first_day
    if until is None:
        return max(first, (history.last_day or 0) + 1)
    day = max(first, history.calendar.day_of(until) - 1)
    while history.calendar.close(day) <= until:
        day += 1
    return day


def _arrivals(history: History, until: datetime | None) -> Iterator[Event]:
    return (Event(at, Kind.ARRIVAL) for at in history.arrivals if until is None or at <= until)


def _closes(history: History, until: datetime | None) -> Iterator[Event]:
    days = range(history.episodes.first.first_day, next_close(history, until))
    return (Event(history.calendar.close(day), Kind.CLOSE, day) for day in days)


def _closures(history: History, until: datetime | None) -> Iterator[Event]:
    closures = (
        Event(closure.at.astimezone(UTC), Kind.CLOSURE, rule=closure.rule)
        for closure in history.document.closures
    )
    return (event for event in closures if until is None or event.at <= until)

"""Baseline and weekly means of one episode.

Both are differences of running sums, so a week costs what a day costs, and ten years of
diary no more per day than one month. A record changes the sums after its own day.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple, Protocol

from msgspec import Struct

from tracker.rules.thresholds import Number, exact

WINDOW = 7
LEAST_ON_TIME = 4
LONGEST_BASELINE = 14


class PainDay(Protocol):
    @property
    def pain(self) -> int | None: ...
    @property
    def is_on_time(self) -> bool: ...


class PainDays(Protocol):
    def peek(self, day: int) -> PainDay: ...


class Mean(NamedTuple):
    """Mean pain of some days, exact, with what it was made of."""

    total: int
    entries: int
    on_time: int
    days: int

    @property
    def value(self) -> Fraction:
        return Fraction(self.total, self.entries)

    def over_common_denominator(self, other: Mean) -> tuple[int, int, int]:
        """Both means over a common denominator, and that: whole numbers compare fast."""
        mine, theirs = self.total * other.entries, other.total * self.entries
        return mine, theirs, self.entries * other.entries


#: A day and the mean of the week that ended on it.
BestWeek = tuple[int, Mean] | None


#: A percentage of response and the first day, of the episode, whose week may be one.
Response = tuple[Number, int]


class CarriedMeans(Struct, frozen=True, array_like=True):
    """What the weeks up to a day, of which none changes any more, came to."""

    through: int
    baseline: Mean | None
    latest: Mean | None
    #: (percent, first day, the best week)
    best: list[tuple[str, int, BestWeek]]


class WeeklyMeans:
    def __init__(self, days: PainDays, first_day: int, carried: CarriedMeans | None = None) -> None:
        self._days = days
        self._first = first_day
        #: The first day whose week is computed here.
        self._from = carried.through + 1 if carried else first_day
        self._carried = carried
        #: The first day that is summed up here.
        self._sums_from = self._from - WINDOW + 1 if carried else first_day
        #: Pain, entries and on-time entries of the days before `_sums_from` + position.
        self._before = [(0, 0, 0)]
        self._baseline = carried.baseline if carried else None
        self._knows_baseline = carried is not None
        self._latest: list[Mean | None] = []
        self._best: dict[Response, list[BestWeek]] = {}
        self._carried_best = (
            {(exact(percent), first): best for percent, first, best in carried.best}
            if carried
            else {}
        )

    def mean(self, day: int) -> Mean | None:
        """W(D): the mean of D-6..D, if four of those days were on time and D >= 7."""
        start = day - WINDOW + 1
        return self._of(start, WINDOW) if start >= self._first else None

    def baseline(self, day: int) -> Mean | None:
        """B: the mean of days 1..k, k the least of 7..14 with four on time.

        None before `day` reaches k.
        """
        if not self._knows_baseline:
            self._knows_baseline = True
            self._baseline = self._find_baseline()
        found = self._baseline
        return found if found and self._first + found.days - 1 <= day else None

    def latest(self, day: int) -> Mean | None:
        """The newest valid W(E) with E <= D, a day of this episode."""
        carried = self._carried.latest if self._carried else None
        while len(self._latest) <= day - self._from:
            before = self._latest[-1] if self._latest else carried
            self._latest.append(self.mean(self._from + len(self._latest)) or before)
        return self._latest[day - self._from]

    def best_response(self, day: int, percent: Number, first: int) -> BestWeek:
        """The lowest W(E), first <= E <= D, that was `percent` below the baseline."""
        start, baseline = self._first + first - 1, self.baseline(day)
        if day < start or baseline is None:
            return None
        known = self._best.setdefault((percent, first), [])
        best = known[-1] if known else self._carried_best.get((percent, first))
        start = max(start, self._from)
        for each in range(start + len(known), day + 1):
            mean = self.mean(each)
            if mean and fell_by(baseline, mean, percent) and _is_lower(mean, best):
                best = each, mean
            known.append(best)
        return known[day - start]

    def invalidate(self, day: int) -> None:
        """The entry of this day has changed."""
        del self._before[max(day - self._sums_from, 0) + 1 :]
        del self._latest[max(day - self._from, 0) :]
        if self._carried is None and day < self._first + LONGEST_BASELINE:
            self._knows_baseline = False
            self._best.clear()
        for (_, first), known in self._best.items():
            start = max(self._first + first - 1, self._from)
            del known[max(day - start, 0) :]

    def carried(self, through: int, responses: Iterable[Response]) -> CarriedMeans | None:
        """Plain data of the weeks up to a day, if the baseline is complete by then."""
        if through < self._first + LONGEST_BASELINE - 1:
            return None
        return CarriedMeans(
            through,
            self.baseline(through),
            self.latest(through),
            [
                (str(percent), first, self.best_response(through, percent, first))
                for percent, first in responses
            ],
        )

    def _find_baseline(self) -> Mean | None:
        for length in range(WINDOW, LONGEST_BASELINE + 1):
            if found := self._of(self._first, length):
                return found
        return None

    def _of(self, first: int, length: int) -> Mean | None:
        start = first - self._sums_from
        end = start + length
        before = self._before
        for day in range(self._sums_from + len(before) - 1, self._sums_from + end):
            before.append(self._with(before[-1], day))
        on_time = before[end][2] - before[start][2]
        if on_time < LEAST_ON_TIME:
            return None
        (total_before, entries_before, _), (total, entries, _) = before[start], before[end]
        return Mean(total - total_before, entries - entries_before, on_time, length)

    def _with(self, before: tuple[int, int, int], day: int) -> tuple[int, int, int]:
        each = self._days.peek(day)
        if each.pain is None:
            return before
        total, entries, on_time = before
        return total + each.pain, entries + 1, on_time + each.is_on_time


def _is_lower(mean: Mean, best: BestWeek) -> bool:
    if best is None:
        return True
    mine, theirs, _ = mean.over_common_denominator(best[1])
    return mine < theirs


def fell_by(baseline: Mean, mean: Mean, percent: Number) -> bool:
    """pct >= percent; a baseline of zero has no percentage."""
    before, after, _ = baseline.over_common_denominator(mean)
    return percent_fallen(before, after, percent)


def percent_fallen(before: Number, after: Number, percent: Number) -> bool:
    return before > 0 and 100 * (before - after) >= percent * before


def is_no_response(
    before: Number, after: Number, *, least_points: Number, least_percent: Number
) -> bool:
    """NONRESP: less than the points AND less than the percentage; equality escapes."""
    return before - after < least_points and not percent_fallen(before, after, least_percent)

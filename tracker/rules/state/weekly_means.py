"""Baseline and weekly means of one episode.

Both are differences of running sums, so a week costs what a day costs, and ten years of
diary no more per day than one month. A record changes the sums after its own day.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, Protocol

from tracker.rules.thresholds import Number

WINDOW = 7
LEAST_ON_TIME = 4
LONGEST_BASELINE = 14


class PainDay(Protocol):
    @property
    def pain(self) -> int | None: ...
    @property
    def is_on_time(self) -> bool: ...


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


class WeeklyMeans:
    def __init__(self, days: Mapping[int, PainDay], first_day: int) -> None:
        self._days = days
        self._first = first_day
        #: Pain, entries and on-time entries of the days before the first + position.
        self._before = [(0, 0, 0)]
        self._baseline: Mean | None = None
        self._knows_baseline = False
        self._latest: list[Mean | None] = []
        self._best: dict[tuple[Number, int], list[BestWeek]] = {}

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
        while len(self._latest) <= day - self._first:
            before = self._latest[-1] if self._latest else None
            self._latest.append(self.mean(self._first + len(self._latest)) or before)
        return self._latest[day - self._first]

    def best_response(self, day: int, percent: Number, first: int) -> BestWeek:
        """The lowest W(E), first <= E <= D, that was `percent` below the baseline."""
        start, baseline = self._first + first - 1, self.baseline(day)
        if day < start or baseline is None:
            return None
        known = self._best.setdefault((percent, first), [])
        best = known[-1] if known else None
        for each in range(start + len(known), day + 1):
            mean = self.mean(each)
            if mean and fell_by(baseline, mean, percent) and _is_lower(mean, best):
                best = each, mean
            known.append(best)
        return known[day - start]

    def invalidate(self, day: int) -> None:
        """The entry of this day has changed."""
        position = max(day - self._first, 0)
        del self._before[position + 1 :]
        del self._latest[position:]
        if position < LONGEST_BASELINE:
            self._knows_baseline = False
            self._best.clear()
        for (_, first), known in self._best.items():
            del known[max(position - first + 1, 0) :]

    def _find_baseline(self) -> Mean | None:
        for length in range(WINDOW, LONGEST_BASELINE + 1):
            if found := self._of(self._first, length):
                return found
        return None

    def _of(self, first: int, length: int) -> Mean | None:
        start = first - self._first
        end = start + length
        before = self._before
        for day in range(self._first + len(before) - 1, self._first + end):
            before.append(self._with(before[-1], day))
        on_time = before[end][2] - before[start][2]
        if on_time < LEAST_ON_TIME:
            return None
        (total_before, entries_before, _), (total, entries, _) = before[start], before[end]
        return Mean(total - total_before, entries - entries_before, on_time, length)

    def _with(self, before: tuple[int, int, int], day: int) -> tuple[int, int, int]:
        each = self._days.get(day)
        if each is None or each.pain is None:
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

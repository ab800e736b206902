"""Baseline and weekly means of one episode, kept as they are asked for.

A correction or a late entry changes the means of the seven days from its own on;
`forget` drops those, so that ten years of diary cost no more per day than one month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from tracker.rules.thresholds import Number

WINDOW = 7
LEAST_ON_TIME = 4
LONGEST_BASELINE = 14


class PainDay(Protocol):
    @property
    def pain(self) -> int | None: ...
    @property
    def is_on_time(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean pain of some days, exact, with what it was made of."""

    total: int
    entries: int
    on_time: int
    days: int
    value: Fraction

    def beside(self, other: Mean) -> tuple[int, int, int]:
        """Both means over a common denominator, and that: whole numbers compare fast."""
        mine, theirs = self.total * other.entries, other.total * self.entries
        return mine, theirs, self.entries * other.entries


class Weeks:
    def __init__(self, days: Mapping[int, PainDay], first_day: int) -> None:
        self._days = days
        self._first = first_day
        self._means: dict[int, Mean | None] = {}
        self._baseline: Mean | None = None
        self._knows_baseline = False
        self._latest: list[Mean | None] = []
        self._best: dict[tuple[Number, int], list[tuple[int, Mean] | None]] = {}

    def mean(self, day: int) -> Mean | None:
        """W(D): the mean of D-6..D, if four of those days were on time and D >= 7."""
        if day not in self._means:
            is_full = day - self._first + 1 >= WINDOW
            self._means[day] = self._of(day - WINDOW + 1, WINDOW) if is_full else None
        return self._means[day]

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

    def best_response(self, day: int, percent: Number, first: int) -> tuple[int, Mean] | None:
        """The lowest W(E), first <= E <= D, that was `percent` below the baseline."""
        start = self._first + first - 1
        if day < start:
            return None
        known = self._best.setdefault((percent, first), [])
        while len(known) <= day - start:
            best = known[-1] if known else None
            each = start + len(known)
            mean, baseline = self.mean(each), self.baseline(each)
            if mean and baseline and fell_by(baseline, mean, percent):
                best = best if best and best[1].value <= mean.value else (each, mean)
            known.append(best)
        return known[day - start]

    def forget(self, day: int) -> None:
        """The entry of this day has changed."""
        for each in range(day, day + WINDOW):
            self._means.pop(each, None)
        if day < self._first + LONGEST_BASELINE:
            self._knows_baseline = False
        position = max(day - self._first, 0)
        del self._latest[position:]
        for (_, first), known in self._best.items():
            del known[max(position - first + 1, 0) :]

    def _find_baseline(self) -> Mean | None:
        for length in range(WINDOW, LONGEST_BASELINE + 1):
            if found := self._of(self._first, length):
                return found
        return None

    def _of(self, first: int, length: int) -> Mean | None:
        total = entries = on_time = 0
        for day in range(first, first + length):
            each = self._days.get(day)
            if each is not None and each.pain is not None:
                total += each.pain
                entries += 1
                on_time += each.is_on_time
        if on_time < LEAST_ON_TIME:
            return None
        return Mean(total, entries, on_time, length, Fraction(total, entries))


def fell_by(baseline: Mean, mean: Mean, percent: Number) -> bool:
    """pct >= percent; a baseline of zero has no percentage."""
    before, after, _ = baseline.beside(mean)
    return percent_fallen(before, after, percent)


def percent_fallen(before: Number, after: Number, percent: Number) -> bool:
    return before > 0 and 100 * (before - after) >= percent * before


def is_no_response(
    before: Number, after: Number, *, least_points: Number, least_percent: Number
) -> bool:
    """NONRESP: less than the points AND less than the percentage; equality escapes."""
    return before - after < least_points and not percent_fallen(before, after, least_percent)

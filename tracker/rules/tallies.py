"""Sums over runs of days, at the cost of two look-ups.

Each day is counted once. What a record changes is counted again from its day on, so that
the close of a day looks at that day and not at the weeks before it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

S = TypeVar("S")

#: How many of something there are on a day: (state, day, *details) -> number.
Count = Callable[..., int]


class Tallies(Generic[S]):
    def __init__(self, state: S, first_day: int) -> None:
        self._state = state
        self._first = first_day
        #: Sums of the days before first_day + position.
        self._sums: dict[tuple[Count, tuple[Hashable, ...]], list[int]] = {}
        self._changed_from: int | None = None

    def total(self, first: int, last: int, count: Count, *details: Hashable) -> int:
        """The sum of `count` over the days from first to last, both included."""
        if first < self._first:
            early = range(first, min(self._first, last + 1))
            counted = sum(count(self._state, day, *details) for day in early)
            return counted + (
                last >= self._first and self.total(self._first, last, count, *details)
            )
        self._drop_changed()
        sums = self._sums.setdefault((count, details), [0])
        for day in range(self._first + len(sums) - 1, last + 1):
            sums.append(sums[-1] + count(self._state, day, *details))
        return sums[last - self._first + 1] - sums[first - self._first]

    def forget(self, day: int) -> None:
        """Something of this day has changed."""
        if self._changed_from is None or day < self._changed_from:
            self._changed_from = day

    def _drop_changed(self) -> None:
        if self._changed_from is not None:
            kept = max(self._changed_from - self._first, 0) + 1
            for sums in self._sums.values():
                del sums[kept:]
            self._changed_from = None

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


class _RunningSums:
    """Sums of the days from `first` up to, and without, first + position."""

    __slots__ = ("first", "upto")

    def __init__(self, first: int) -> None:
        self.first = first
        self.upto = [0]


class PrefixSums(Generic[S]):
    def __init__(self, state: S) -> None:
        self._state = state
        self._sums: dict[tuple[Count, tuple[Hashable, ...]], _RunningSums] = {}
        self._changed_from: int | None = None

    def total(self, first: int, last: int, count: Count, *details: Hashable) -> int:
        """The sum of `count` over the days from first to last, both included."""
        self._drop_changed()
        sums = self._sums.get((count, details))
        if sums is None:
            sums = self._sums[count, details] = _RunningSums(first)
        start = max(first, sums.first)
        # Days before the first that was asked for are asked for rarely.
        early = range(first, min(start, last + 1))
        before = sum(count(self._state, day, *details) for day in early)
        if last < start:
            return before
        upto, state = sums.upto, self._state
        so_far = upto[-1]
        for day in range(sums.first + len(upto) - 1, last + 1):
            so_far += count(state, day, *details)
            upto.append(so_far)
        return before + upto[last - sums.first + 1] - upto[start - sums.first]

    def invalidate(self, day: int) -> None:
        """Something of this day has changed."""
        if self._changed_from is None or day < self._changed_from:
            self._changed_from = day

    def _drop_changed(self) -> None:
        if self._changed_from is not None:
            for sums in self._sums.values():
                del sums.upto[max(self._changed_from - sums.first, 0) + 1 :]
            self._changed_from = None

"""Days with an opioid, counted into courses."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

#: A course is new when none was recorded in this many local days before.
WASHOUT_DAYS = 90


class OpioidCourses:
    def __init__(self) -> None:
        self._intakes: Counter[int] = Counter()
        self._days: list[int] = []
        #: Which day of its course each of `_days` is; filled as far as it was asked for.
        self._numbers: list[int] = []

    def add(self, day: int) -> None:
        self._intakes[day] += 1
        if self._intakes[day] == 1:
            position = bisect_left(self._days, day)
            self._days.insert(position, day)
            del self._numbers[position:]

    def remove(self, day: int) -> None:
        self._intakes[day] -= 1
        if self._intakes[day] == 0:
            position = bisect_left(self._days, day)
            del self._days[position], self._numbers[position:]

    def number(self, day: int) -> int:
        """1 on the first day of a course, 0 on a day without an opioid."""
        position = bisect_left(self._days, day)
        if position == len(self._days) or self._days[position] != day:
            return 0
        for each in range(len(self._numbers), position + 1):
            is_new = each == 0 or self._days[each] - self._days[each - 1] > WASHOUT_DAYS
            self._numbers.append(1 if is_new else self._numbers[-1] + 1)
        return self._numbers[position]

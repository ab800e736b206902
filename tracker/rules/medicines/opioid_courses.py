"""Days with an opioid, counted into courses."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from msgspec import Struct

#: A course is new when none was recorded in this many local days before.
WASHOUT_DAYS = 90


class CarriedCourses(Struct, frozen=True, array_like=True):
    #: Intakes by day.
    intakes: dict[int, int]
    #: The last opioid day before those, and which day of its course it was.
    before: tuple[int, int] | None


class OpioidCourses:
    def __init__(self, carried: CarriedCourses | None = None) -> None:
        self._intakes: Counter[int] = Counter(carried.intakes if carried else {})
        self._before = carried.before if carried else None
        self._days = sorted(self._intakes)
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
            before = (self._days[each - 1], self._numbers[-1]) if each else self._before
            goes_on = before is not None and self._days[each] - before[0] <= WASHOUT_DAYS
            self._numbers.append(before[1] + 1 if before and goes_on else 1)
        return self._numbers[position]

    def carried(self, kept_from: int) -> CarriedCourses:
        """Plain data: the days from `kept_from` on, and where the course stood before."""
        position = bisect_left(self._days, kept_from)
        before = self._before
        if position:
            last = self._days[position - 1]
            before = last, self.number(last)
        return CarriedCourses({day: self._intakes[day] for day in self._days[position:]}, before)

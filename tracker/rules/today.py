"""A day of one episode, as the rules of section 3 and 4 see it.

`today.pain(1)` is the on-time pain of yesterday. What several rules ask for is worked
out once.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import TypeVar, cast

from tracker.rules.chart import Chart, Day
from tracker.rules.records import PegScore
from tracker.rules.thresholds import Number, Thresholds
from tracker.rules.trial import Trial, trial_of
from tracker.rules.weeks import LEAST_ON_TIME, WINDOW, Mean, is_no_response, percent_fallen

_NO_DAY = Day()
T = TypeVar("T")


class Today:
    def __init__(self, chart: Chart, day: int, limits: Thresholds) -> None:
        self.chart = chart
        self.day = day
        self.limits = limits
        self.episode = chart.episodes.of(day)
        self.weeks = chart.week_of(self.episode)
        self._known: dict[Callable[[Today], object], object] = {}

    def once(self, question: Callable[[Today], T]) -> T:
        """The answer to what several rules ask of this day, worked out once."""
        if question not in self._known:
            self._known[question] = question(self)
        return cast(T, self._known[question])

    @property
    def number(self) -> int:
        """D: 1 on the index date."""
        return self.episode.day_number(self.day)

    def entry(self, back: int = 0) -> Day:
        """The day `back` days ago; an empty one before the episode began."""
        if self.number - back < 1:
            return _NO_DAY
        return self.chart.days.get(self.day - back, _NO_DAY)

    def pain(self, back: int = 0) -> int | None:
        """On-time pain."""
        entry = self.entry(back)
        return entry.pain if entry.is_on_time else None

    def function(self, back: int = 0) -> int | None:
        """On-time fn, the worse of standing and walking."""
        entry = self.entry(back)
        return entry.function if entry.is_on_time else None

    @cached_property
    def baseline(self) -> Mean | None:
        return self.weeks.baseline(self.day)

    @cached_property
    def week(self) -> Mean | None:
        """W(D)."""
        return self.weeks.mean(self.day)

    def week_ending(self, back: int) -> Mean | None:
        """W(D - back)."""
        return self.weeks.mean(self.day - back)

    @cached_property
    def function_median(self) -> Fraction | None:
        """Of the on-time values of seven days, if there are four."""
        levels = (self.function(back) for back in range(WINDOW))
        given = sorted(level for level in levels if level is not None)
        if len(given) < LEAST_ON_TIME:
            return None
        upper, lower = given[len(given) // 2], given[(len(given) - 1) // 2]
        return Fraction(upper + lower, 2)

    @cached_property
    def trial(self) -> Trial:
        """Whether conservative care has been tried."""
        return trial_of(self.chart, self.episode, self.day, self.limits)

    def fell_by(self, percent: Number) -> bool:
        """pct >= percent. A baseline of zero has no percentage."""
        assert self.baseline is not None
        assert self.week is not None
        return percent_fallen(self.baseline.value, self.week.value, percent)

    def is_no_response(self, week: Mean) -> bool:
        """NONRESP(W), against the baseline that there is."""
        assert self.baseline is not None
        return is_no_response(
            self.baseline.value,
            week.value,
            least_points=self.limits.response_points,
            least_percent=self.limits.response_percent,
        )

    @cached_property
    def pegs(self) -> list[tuple[int, PegScore]]:
        """The PEG scores of the episode up to this day, oldest first."""
        first = self.episode.first_day
        mine = [(day, peg) for day, peg in self.chart.pegs.items() if first <= day <= self.day]
        return sorted(mine)

"""A day of one episode, as the rules of section 3 and 4 see it.

`today.pain(1)` is the on-time pain of yesterday. What several rules ask for is worked
out once.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import TypeVar, cast

from tracker.rules.chart import NO_DAY, Chart, Day
from tracker.rules.records import PegScore
from tracker.rules.thresholds import Number, Thresholds
from tracker.rules.trial import Trial, trial_of
from tracker.rules.weeks import LEAST_ON_TIME, WINDOW, Mean, fell_by, is_no_response

T = TypeVar("T")


class Today:
    def __init__(self, chart: Chart, day: int, limits: Thresholds) -> None:
        self.chart = chart
        self.day = day
        self.limits = limits
        self.episode = chart.episodes.of(day)
        #: D: 1 on the index date.
        self.number = self.episode.day_number(day)
        self.weeks = chart.week_of(self.episode)
        self._known: dict[Callable[[Today], object], object] = {}

    def once(self, question: Callable[[Today], T]) -> T:
        """The answer to what several rules ask of this day, worked out once."""
        if question not in self._known:
            self._known[question] = question(self)
        return cast(T, self._known[question])

    def entry(self, back: int = 0) -> Day:
        """The day `back` days ago; an empty one before the episode began."""
        return self.chart.day(self.day - back) if back < self.number else NO_DAY

    @cached_property
    def _on_time(self) -> list[Day]:
        """The last seven days, newest first; empty where there is no on-time entry."""
        days = (self.entry(back) for back in range(WINDOW))
        return [day if day.is_on_time else NO_DAY for day in days]

    @cached_property
    def pains(self) -> list[int | None]:
        """On-time pain of seven days, newest first."""
        return [day.pain for day in self._on_time]

    @cached_property
    def functions(self) -> list[int | None]:
        """On-time fn, the worse of standing and walking, of seven days, newest first."""
        return [day.function for day in self._on_time]

    def pain(self, back: int = 0) -> int | None:
        """On-time pain, up to six days ago."""
        return self.pains[back]

    def function(self, back: int = 0) -> int | None:
        """On-time fn, up to six days ago."""
        return self.functions[back]

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
        given = sorted(level for level in self.functions if level is not None)
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
        return fell_by(self.baseline, self.week, percent)

    def is_no_response(self, week: Mean) -> bool:
        """NONRESP(W), against the baseline that there is."""
        assert self.baseline is not None
        before, after, one_point = self.baseline.beside(week)
        return is_no_response(
            before,
            after,
            least_points=self.limits.response_points * one_point,
            least_percent=self.limits.response_percent,
        )

    @cached_property
    def pegs(self) -> list[tuple[int, PegScore]]:
        """The PEG scores of the episode up to this day, oldest first."""
        first = self.episode.first_day
        mine = [(day, peg) for day, peg in self.chart.pegs.items() if first <= day <= self.day]
        return sorted(mine)

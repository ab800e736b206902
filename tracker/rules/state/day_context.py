"""A day of one episode, as the rules of sections 3 and 4 see it.

`context.pain(1)` is the on-time pain of the day before. What several rules ask for is
computed once and cached.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import TypeVar, cast

from tracker.rules.history.records import PegScore
from tracker.rules.state.day import NO_DAY, Day
from tracker.rules.state.episode_state import EpisodeState
from tracker.rules.state.weekly_means import LEAST_ON_TIME, WINDOW, Mean, fell_by, is_no_response
from tracker.rules.thresholds import Number, Thresholds

T = TypeVar("T")


class DayContext:
    def __init__(self, state: EpisodeState, day: int, thresholds: Thresholds) -> None:
        self.state = state
        self.day = day
        self.thresholds = thresholds
        self.episode = state.episodes.of(day)
        #: D: 1 on the index date.
        self.number = self.episode.day_number(day)
        self.weekly_means = state.weekly_means_of(self.episode)
        self._answers: dict[Callable[[DayContext], object], object] = {}

    def cached(self, question: Callable[[DayContext], T]) -> T:
        """The answer to what several rules ask of this day, computed once."""
        if question not in self._answers:
            self._answers[question] = question(self)
        return cast(T, self._answers[question])

    def entry(self, back: int = 0) -> Day:
        """The day `back` days ago; an empty one before the episode began."""
        return self.state.day(self.day - back) if back < self.number else NO_DAY

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
        return self.weekly_means.baseline(self.day)

    @cached_property
    def week(self) -> Mean | None:
        """W(D)."""
        return self.weekly_means.mean(self.day)

    def week_ending(self, back: int) -> Mean | None:
        """W(D - back)."""
        return self.weekly_means.mean(self.day - back)

    @cached_property
    def function_median(self) -> Fraction | None:
        """Of the on-time values of seven days, if there are four."""
        given = sorted(level for level in self.functions if level is not None)
        if len(given) < LEAST_ON_TIME:
            return None
        upper, lower = given[len(given) // 2], given[(len(given) - 1) // 2]
        return Fraction(upper + lower, 2)

    def fell_by(self, percent: Number) -> bool:
        """pct >= percent. A baseline of zero has no percentage."""
        assert self.baseline is not None
        assert self.week is not None
        return fell_by(self.baseline, self.week, percent)

    def is_no_response(self, week: Mean) -> bool:
        """NONRESP(W), against the baseline that there is."""
        assert self.baseline is not None
        before, after, one_point = self.baseline.over_common_denominator(week)
        return is_no_response(
            before,
            after,
            least_points=self.thresholds.response_points * one_point,
            least_percent=self.thresholds.response_percent,
        )

    @cached_property
    def pegs(self) -> list[tuple[int, PegScore]]:
        """The PEG scores of the episode up to this day, oldest first."""
        first = self.episode.first_day
        mine = [(day, peg) for day, peg in self.state.pegs.items() if first <= day <= self.day]
        return sorted(mine)

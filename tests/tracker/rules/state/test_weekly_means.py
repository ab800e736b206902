"""Weekly means that go on from those of a checkpoint."""

from __future__ import annotations

from tracker.rules.state.day import NO_DAY, Day
from tracker.rules.state.weekly_means import WeeklyMeans

RESPONSE = (30, 14)


class PainOfDays(dict[int, Day]):
    def peek(self, day: int) -> Day:
        return self.get(day, NO_DAY)

    def note(self, day: int, pain: int) -> None:
        self[day] = Day()
        self[day].pain, self[day].is_on_time = pain, True


def test_a_pain_that_comes_late_is_in_the_best_week_though_the_weeks_before_are_carried():
    days = PainOfDays()
    for day in range(1, 120):
        days.note(day, 6 if day < 60 else 4)
    carried = WeeklyMeans(days, 1).carried(100, [RESPONSE])
    means = WeeklyMeans(days, 1, carried)
    assert means.best_response(119, *RESPONSE) == WeeklyMeans(days, 1).best_response(119, *RESPONSE)

    days.note(118, 0)
    means.invalidate(118)

    best = means.best_response(119, *RESPONSE)
    assert best == WeeklyMeans(days, 1).best_response(119, *RESPONSE)
    assert best is not None
    assert best[0] == 118

"""The sums over runs of days, against counting each day anew."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.rules.test_properties import QUICK, histories
from tracker.rules import LIVE, parse_history
from tracker.rules.chart import Chart
from tracker.rules.tallies import Tallies
from tracker.rules.today import Today

DAY = 1000
LATER = datetime(2100, 1, 1, tzinfo=UTC)
days = st.integers(DAY - 20, DAY + 40)


def how_many(state: dict[int, int], day: int, factor: int) -> int:
    return factor * state.get(day, 0)


@given(st.lists(st.tuples(days, st.integers(0, 9), days, days), max_size=30), st.integers(1, 3))
def test_a_sum_is_that_of_its_days_whatever_changes_and_in_any_order(steps, factor):
    state: dict[int, int] = {}
    tallies = Tallies(state)

    for changed, number, first, last in steps:
        state[changed] = number
        tallies.forget(changed)

        counted = sum(how_many(state, day, factor) for day in range(first, last + 1))
        assert tallies.total(first, last, how_many, factor) == counted


@QUICK
@given(histories())
def test_a_chart_that_was_asked_every_day_answers_like_a_new_one(history):
    """What is kept from one day's answers never goes stale."""
    parsed = parse_history(history)
    asked = Chart(parsed)
    first = parsed.episodes.first.first_day

    for at, arrivals in parsed.arrivals.items():
        for entry, version in arrivals:
            asked.put(entry, version)
        day = max(parsed.days.day_of(at), first)
        Today(asked, day, LIVE.thresholds).trial  # noqa: B018 - it is remembered

    new = Chart.at(parsed, entered_by=LATER, corrected_by=LATER)
    for day in range(first, first + 60):
        before, after = (Today(chart, day, LIVE.thresholds) for chart in (asked, new))
        assert before.trial == after.trial
        assert (before.baseline, before.week) == (after.baseline, after.week)
        assert (before.pains, before.functions) == (after.pains, after.functions)

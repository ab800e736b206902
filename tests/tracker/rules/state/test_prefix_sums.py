"""The sums over runs of days, against counting each day anew."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.rules.strategies import QUICK, histories
from tracker.rules import LIVE, parse_history
from tracker.rules.care.adequate_trial import adequate_trial
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.episode_state import EpisodeState
from tracker.rules.state.prefix_sums import PrefixSums

DAY = 1000
LATER = datetime(2100, 1, 1, tzinfo=UTC)
days = st.integers(DAY - 20, DAY + 40)


def how_many(state: dict[int, int], day: int, factor: int) -> int:
    return factor * state.get(day, 0)


@given(st.lists(st.tuples(days, st.integers(0, 9), days, days), max_size=30), st.integers(1, 3))
def test_a_sum_is_that_of_its_days_whatever_changes_and_in_any_order(steps, factor):
    state: dict[int, int] = {}
    prefix_sums = PrefixSums(state)

    for changed, number, first, last in steps:
        state[changed] = number
        prefix_sums.invalidate(changed)

        counted = sum(how_many(state, day, factor) for day in range(first, last + 1))
        assert prefix_sums.total(first, last, how_many, factor) == counted


@QUICK
@given(histories())
def test_a_state_read_every_day_answers_like_a_new_one(history):
    """What is kept from one day's answers never goes stale."""
    parsed = parse_history(history)
    asked = EpisodeState(parsed)
    first = parsed.episodes.first.first_day

    for at, arrivals in parsed.arrivals.items():
        for entry, version in arrivals:
            asked.put(entry, version)
        day = max(parsed.calendar.day_of(at), first)
        adequate_trial(DayContext(asked, day, LIVE.thresholds))

    new = EpisodeState.at(parsed, entered_by=LATER, corrected_by=LATER)
    for day in range(first, first + 60):
        before, after = (DayContext(state, day, LIVE.thresholds) for state in (asked, new))
        assert adequate_trial(before) == adequate_trial(after)
        assert (before.baseline, before.week) == (after.baseline, after.week)
        assert (before.pains, before.functions) == (after.pains, after.functions)

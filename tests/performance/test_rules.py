from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.performance.long_diary import long_diary
from tests.tracker.rules.diaries import entry
from tracker.rules import LIVE, Outcome, evaluate, parse_history
from tracker.rules.history.records import CompressUse, RedFlagChecklist
from tracker.rules.instruments.checklist import Checklist
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.state.episode_state import EpisodeState

YEAR = 365
AGES = {"7 days": 7, "90 days": 90, "1 year": YEAR, "10 years": 10 * YEAR}
LENGTHS = [pytest.param(90, 20, id="90 days"), pytest.param(YEAR, 5, id="1 year")]


InMemory = tuple[EpisodeState, RedFlagChecklist, CompressUse]


def evaluate_all(patient: InMemory) -> set[str]:
    """Every rule on the last day: what is true of it."""
    thresholds = LIVE.thresholds
    state, answered, use = patient
    day = DayContext(state, state.history.last_day, thresholds)
    dose = DoseContext(state, state.history.calendar.close(day.day - 1))
    checklist = Checklist.of(answered, state.history)
    subjects = (
        (LIVE.at_close, day),
        (LIVE.of_doses, dose),
        (LIVE.of_checklists, checklist),
        (LIVE.of_compresses, use),
    )
    return {
        rule.id
        for rules, subject in subjects
        for rule in rules
        if rule.finding(subject, thresholds)
    }


def in_memory(days: int) -> InMemory:
    """The history, its last checklist and its last compress."""
    history = parse_history(long_diary(days))
    end = history.calendar.close(history.last_day)
    records = [entry.versions[-1].record for entry in reversed(history.entries)]
    answered = next(record for record in records if isinstance(record, RedFlagChecklist))
    use = next(record for record in records if isinstance(record, CompressUse))
    return EpisodeState.at(history, entered_by=end, corrected_by=end), answered, use


def test_this_machine_for_scale(figures):
    figures.measure("a million additions, for scale", lambda: sum(range(1_000_000)), times=20)


def test_all_rules_at_one_moment_of_90_days(figures):
    patients = iter([in_memory(90) for _ in range(40)])
    warm = in_memory(90)

    assert "CC-FAIL" in evaluate_all(warm)

    figures.measure(
        "all rules, one moment of 90 days", lambda: evaluate_all(next(patients)), times=40
    )
    figures.measure(
        "all rules, one moment of 90 days, asked again", lambda: evaluate_all(warm), times=200
    )


@pytest.mark.parametrize(("days", "times"), [*LENGTHS, pytest.param(10 * YEAR, 1, id="10 years")])
def test_the_evaluation_of_a_whole_diary(figures, days, times, request):
    history = parse_history(long_diary(days))
    name = request.node.callspec.id.split("-")[0]

    assert evaluate(history, until=None).flags

    figures.measure(
        f"every flag there ever was, {name}",
        lambda: evaluate(history, until=None),
        times=times,
        note=f"{len(history.document.records)} records",
    )


@pytest.mark.parametrize(("days", "times"), LENGTHS)
def test_reading_a_diary(figures, days, times, request):
    text = json.dumps(long_diary(days))
    name = request.node.callspec.id.split("-")[0]

    assert parse_history(text).entries

    figures.measure(f"reading the JSON, {name}", lambda: parse_history(text), times=times)


@pytest.mark.parametrize("age", AGES)
def test_one_entry_evaluated_from_a_checkpoint(figures, age):
    """What a write costs the rules, and what the close of a day does."""
    days = AGES[age]
    diary = long_diary(days)
    history = parse_history(diary)
    noon = history.calendar.close(history.last_day)
    checkpoint = evaluate(history, until=noon).checkpoint
    since = json.dumps({**diary, "records": [entry(days + 1, 5)]})

    def resume(hours: int) -> Outcome:
        return evaluate(parse_history(since), until=noon + timedelta(hours=hours), since=checkpoint)

    assert resume(10).checkpoint is None
    assert resume(24).checkpoint is not None

    size = f"{len(checkpoint.packed)} bytes"
    figures.measure(f"one entry after {age}", lambda: resume(10), times=100, note=size)
    figures.measure(f"one entry after {age}, and its close", lambda: resume(24), times=100)

from __future__ import annotations

import json

import pytest

from tests.performance.long_diary import long_diary
from tracker.rules import LIVE, evaluate, parse_history
from tracker.rules.chart import Chart
from tracker.rules.checklist import Checklist
from tracker.rules.dosing import DoseMoment
from tracker.rules.records import CompressUse, RedFlagChecklist
from tracker.rules.today import Today

YEAR = 365
LENGTHS = [pytest.param(90, 20, id="90 days"), pytest.param(YEAR, 5, id="1 year")]


InMemory = tuple[Chart, RedFlagChecklist, CompressUse]


def judge_all(patient: InMemory) -> set[str]:
    """Every rule on the last day: what is true of it."""
    limits = LIVE.thresholds
    chart, answered, use = patient
    today = Today(chart, chart.history.last_day, limits)
    moment = DoseMoment(chart, chart.history.days.close(today.day - 1))
    checklist = Checklist.of(answered, chart)
    subjects = (
        (LIVE.at_close, today),
        (LIVE.of_doses, moment),
        (LIVE.of_checklists, checklist),
        (LIVE.of_compresses, use),
    )
    return {
        rule.id for rules, subject in subjects for rule in rules if rule.finding(subject, limits)
    }


def in_memory(days: int) -> InMemory:
    """The history, its last checklist and its last compress."""
    history = parse_history(long_diary(days))
    end = history.days.close(history.last_day)
    records = [entry.versions[-1].record for entry in reversed(history.entries)]
    answered = next(record for record in records if isinstance(record, RedFlagChecklist))
    use = next(record for record in records if isinstance(record, CompressUse))
    return Chart.at(history, entered_by=end, corrected_by=end), answered, use


def test_this_machine_for_scale(figures):
    figures.measure("a million additions, for scale", lambda: sum(range(1_000_000)), times=20)


def test_all_rules_at_one_moment_of_90_days(figures):
    patients = iter([in_memory(90) for _ in range(40)])
    warm = in_memory(90)

    assert "CC-FAIL" in judge_all(warm)

    figures.measure("all rules, one moment of 90 days", lambda: judge_all(next(patients)), times=40)
    figures.measure(
        "all rules, one moment of 90 days, asked again", lambda: judge_all(warm), times=200
    )


@pytest.mark.parametrize(("days", "times"), [*LENGTHS, pytest.param(10 * YEAR, 1, id="10 years")])
def test_the_fold_of_a_whole_diary(figures, days, times, request):
    history = parse_history(long_diary(days))
    name = request.node.callspec.id.split("-")[0]

    assert evaluate(history, until=None).flags

    figures.measure(
        f"every flag there ever was, {name}",
        lambda: evaluate(history, until=None),
        times=times,
        note=f"{len(history.form.records)} records",
    )


@pytest.mark.parametrize(("days", "times"), LENGTHS)
def test_reading_a_diary(figures, days, times, request):
    text = json.dumps(long_diary(days))
    name = request.node.callspec.id.split("-")[0]

    assert parse_history(text).entries

    figures.measure(f"reading the JSON, {name}", lambda: parse_history(text), times=times)

"""RF-*: every trigger, every rise in urgency, and what must stay quiet."""

from __future__ import annotations

from datetime import date as Date

import pytest

from tests.tracker.rules.diaries import at, checklist, found, outcome, rules
from tracker.rules.instruments.checklist import age_on
from tracker.rules.library.red_flags import months_before

FIVE = {
    "onset_before_40": "yes",
    "insidious_onset": "yes",
    "better_with_exercise": "yes",
    "not_better_with_rest": "yes",
    "night_pain_better_on_rising": "yes",
}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"saddle_numbness": "yes"}, {("RF-CES", "P0")}),
        ({"bladder_change": "yes"}, {("RF-CES", "P0")}),
        ({"bowel_change": "yes"}, {("RF-CES", "P0")}),
        ({"both_legs_symptoms": "yes"}, {("RF-CES", "P0")}),
        ({"sexual_change": "yes"}, {("RF-CES", "P0")}),
        ({"sexual_change": "unsure"}, {("RF-CES", "P1")}),
        ({"saddle_numbness": "unsure", "bowel_change": "yes"}, {("RF-CES", "P0")}),
        ({"saddle_numbness": "no"}, set()),
        ({"leg_weakness": "yes"}, {("RF-MOTOR", "P1")}),
        ({"leg_weakness": "unsure"}, {("RF-MOTOR", "P1")}),
        ({"leg_weakness": "yes", "weakness_worsening_fast": "yes"}, {("RF-MOTOR", "P0")}),
        ({"leg_weakness": "unsure", "weakness_worsening_fast": "yes"}, {("RF-MOTOR", "P1")}),
        ({"weakness_worsening_fast": "yes"}, set()),
        (
            {"leg_weakness": "yes", "both_legs_symptoms": "yes"},
            {("RF-MOTOR", "P0"), ("RF-CES", "P0")},
        ),
        ({"major_trauma": "yes"}, {("RF-FX", "P1")}),
        ({"major_trauma": "unsure"}, set()),
        ({"major_trauma": "yes", "weakness_worsening_fast": "yes"}, {("RF-FX", "P0")}),
        ({"minor_trauma": "yes"}, set()),
        ({"fever_or_rigors": "yes"}, {("RF-INF", "P1")}),
        ({"fever_or_rigors": "yes", "weakness_worsening_fast": "yes"}, {("RF-INF", "P0")}),
        ({"feeling_ill": "yes"}, set()),
        ({"temperature_c": 37.9}, set()),
        ({"temperature_c": 38.0}, {("RF-INF", "P1")}),
        ({"temperature_c": 38}, {("RF-INF", "P1")}),
        ({"temperature_c": 38.1}, {("RF-INF", "P1")}),
        ({"new_pain_after_cancer": "yes"}, {("RF-CA", "P2")}),
        ({"new_pain_after_cancer": "yes", "weakness_worsening_fast": "yes"}, {("RF-CA", "P0")}),
        ({"weight_loss": "yes"}, {("RF-CA2", "P2")}),
        ({"weight_loss": "unsure"}, set()),
        ({"pulsating_abdomen": "yes"}, {("RF-AAA", "P0")}),
        ({"collapse": "yes"}, {("RF-AAA", "P0")}),
        ({"sudden_severe_pain": "yes"}, set()),
        ({"chest_pain": "yes"}, {("RF-CARD", "P0")}),
        ({"breathless_or_sweating": "yes"}, {("RF-CARD", "P0")}),
        ({"gi_bleeding": "yes"}, {("RF-GIB", "P1")}),
        ({"gi_bleeding": "yes", "faint": "yes"}, {("RF-GIB", "P0")}),
        ({"faint": "yes"}, set()),
        ({"hard_to_wake": "yes"}, {("RF-RESP", "P0")}),
        ({"slow_breathing": "yes"}, {("RF-RESP", "P0")}),
        ({}, set()),
    ],
    ids=lambda each: str(sorted(each)) if isinstance(each, set) else str(each),
)
def test_answers_open_red_flags(answers, expected):
    opened = found([checklist(1, **answers)], patient={"birth_date": "1990-01-01"})

    assert {(rule, priority) for rule, priority, _ in opened} == expected


@pytest.mark.parametrize(
    ("patient", "opens"),
    [
        pytest.param({"birth_date": "1956-01-06"}, False, id="69, 70 tomorrow"),
        pytest.param({"birth_date": "1956-01-05"}, True, id="70 today"),
        pytest.param({"birth_date": None}, False, id="age unknown"),
        pytest.param({"conditions": ["osteoporosis"]}, True, id="osteoporosis"),
        pytest.param({"conditions": ["long_term_steroid"]}, True, id="long-term steroid"),
        pytest.param({"conditions": ["cancer_history"]}, False, id="another condition"),
    ],
)
def test_a_minor_injury_matters_in_a_frail_spine(patient, opens):
    assert ("RF-FX" in rules([checklist(1, minor_trauma="yes")], patient=patient)) is opens


@pytest.mark.parametrize(
    "risk", ["recent_spinal_procedure", "iv_drug_use", "immunosuppressed", "dialysis"]
)
def test_feeling_ill_matters_with_a_way_in_for_bacteria(risk):
    patient = {"conditions": [risk]}

    assert found([checklist(1, feeling_ill="yes")], patient=patient) == [("RF-INF", "P1", 1)]
    assert rules([checklist(1, feeling_ill="no")], patient=patient) == set()


@pytest.mark.parametrize(
    ("birth_date", "opens"),
    [
        pytest.param("1975-01-06", False, id="50, 51 tomorrow"),
        pytest.param("1975-01-05", True, id="51 today"),
        pytest.param(None, False, id="age unknown"),
    ],
)
def test_night_pain_matters_over_fifty(birth_date, opens):
    records = [checklist(1, night_pain_unrelenting="yes")]

    assert ("RF-CA2" in rules(records, patient={"birth_date": birth_date})) is opens


def test_sudden_pain_matters_with_a_known_aneurysm():
    patient = {"conditions": ["known_aortic_aneurysm"]}

    opened = found([checklist(1, sudden_severe_pain="yes")], patient=patient)

    assert opened == [("RF-AAA", "P0", 1)]


@pytest.mark.parametrize(
    ("without", "onset", "opens"),
    [
        pytest.param([], "2025-10-05", True, id="all five, three months to the day"),
        pytest.param([], "2025-10-06", False, id="a day short of three months"),
        pytest.param(["better_with_exercise"], "2025-01-01", True, id="four of five"),
        pytest.param(["better_with_exercise", "onset_before_40"], "2025-01-01", False, id="three"),
        pytest.param([], None, False, id="no onset date: since the index date"),
    ],
)
def test_inflammatory_back_pain(without, onset, opens):
    answers = {name: answer for name, answer in FIVE.items() if name not in without}

    opened = found([checklist(1, **answers)], episode={"onset_date": onset})

    assert (("RF-IBP", "P3", 1) in opened) is opens


@pytest.mark.parametrize(
    ("date", "latest_onset"),
    [
        ("2026-01-05", "2025-10-05"),
        ("2026-02-27", "2025-11-27"),
        ("2026-02-28", "2025-11-30"),
        ("2024-02-28", "2023-11-28"),
        ("2024-02-29", "2023-11-30"),
        ("2026-05-31", "2026-02-28"),
        ("2024-05-31", "2024-02-29"),
        ("2023-05-31", "2023-02-28"),
        ("2026-04-30", "2026-01-31"),
        ("2026-03-31", "2025-12-31"),
    ],
)
def test_three_calendar_months(date, latest_onset):
    assert months_before(Date.fromisoformat(date), 3) == Date.fromisoformat(latest_onset)


@pytest.mark.parametrize(
    ("on", "age"), [("2026-02-27", 25), ("2026-02-28", 25), ("2026-03-01", 26)]
)
def test_a_leap_day_birthday_is_completed_in_march(on, age):
    assert age_on(Date.fromisoformat(on), Date(2000, 2, 29)) == age


def test_red_flags_are_evaluated_within_one_checklist():
    apart = [checklist(1, minor_trauma="yes"), checklist(2, weakness_worsening_fast="yes")]

    assert rules(apart, patient={"conditions": ["osteoporosis"]}) == {"RF-FX"}
    assert found(apart, patient={"conditions": ["osteoporosis"]})[0][1] == "P1"


def test_a_rise_is_a_second_line():
    records = [
        checklist(1, leg_weakness="yes"),
        checklist(3, leg_weakness="yes", weakness_worsening_fast="yes"),
        checklist(5, leg_weakness="yes"),
    ]

    (flag,) = outcome(records).flags

    assert found(records) == [("RF-MOTOR", "P1", 1), ("RF-MOTOR", "P0", 3)]
    assert (flag.raises[0].from_priority, flag.priority) == ("P1", "P0")
    assert flag.latest.priority == "P1"


def test_a_red_flag_has_no_cool_down():
    records = [checklist(day, new_pain_after_cancer="yes") for day in (1, 2, 3)]
    closures = [{"rule": "RF-CA", "at": at(2, 12)}]

    assert found(records, closures=closures) == [("RF-CA", "P2", 1), ("RF-CA", "P2", 3)]


def test_a_red_flag_never_clears_by_itself():
    records = [checklist(1, new_pain_after_cancer="yes"), *(checklist(d) for d in range(2, 40))]

    (flag,) = outcome(records, until=60).flags[:1]

    assert flag.is_live


def test_a_checklist_before_the_index_date_counts():
    assert found([checklist(0, chest_pain="yes")]) == [("RF-CARD", "P0", 0)]


def test_what_was_not_asked_is_named():
    (flag,) = outcome([checklist(1, saddle_numbness="yes", bladder_change="no")]).flags

    assert flag.finding.missing == ("bowel_change", "both_legs_symptoms", "sexual_change")
    assert flag.finding.evidence["answers"]["bladder_change"] == "no"

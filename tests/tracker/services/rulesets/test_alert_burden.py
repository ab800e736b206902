"""The number, delay and usefulness of a clinic's flags."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.fixtures import TwoClinics
from tests.tracker.console.clinic_data import escalation_of, raise_flag
from tracker.models import Flag, Patient, Review
from tracker.services.context import Context
from tracker.services.escalations import lifecycle
from tracker.services.reviews import reviews
from tracker.services.rulesets import alert_burden
from tracker.services.rulesets.alert_burden import Waiting

FIRST = date(2026, 3, 2)
NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)  # of the second day, in New York
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def burden(clinics: TwoClinics, at: datetime = NOON, since: date = FIRST, rule: str = "all"):
    lines = alert_burden.of_clinic(clinic=clinics.clinic, since=since, at=at)
    return next((line for line in lines if line.rule == rule), None)


def review(
    clinics: TwoClinics, flag: Flag, usefulness: str | None, *, after=HOUR, decision="refer"
) -> None:
    reviews.review(
        Context(clinics.nora, flag.detected_at + after),
        patient=flag.patient,
        flag_ids=[flag.id],
        decision=Review.Decision(decision),
        usefulness={flag.id: Flag.Usefulness(usefulness)} if usefulness else None,
    )


def reviewed(
    clinics: TwoClinics, rule: str, usefulness: str | None, patient: Patient | None = None, **how
):
    flag = raise_flag(patient or clinics.alice, at=NOON, rule=rule)
    review(clinics, flag, usefulness, **how)
    return flag


def test_without_flags_there_is_no_line(clinics):
    assert alert_burden.of_clinic(clinic=clinics.clinic, since=FIRST, at=NOON) == []


def test_the_predictive_value_is_the_useful_share_of_all_judged_flags(clinics):
    for usefulness in ("acted_on", "useful", "noise", "noise"):
        reviewed(clinics, "WORSE", usefulness)
    reviewed(clinics, "WORSE", None)
    raise_flag(clinics.alice, at=NOON, rule="WORSE")

    of_rule = burden(clinics, rule="WORSE")
    assert (of_rule.flags, of_rule.reviewed, of_rule.judged) == (6, 5, 4)
    assert of_rule.predictive_value == 0.5


def test_without_judged_flags_there_is_no_predictive_value(clinics):
    raise_flag(clinics.alice, at=NOON)

    line = burden(clinics)
    assert (line.predictive_value, line.without_action, line.to_review) == (None, None, None)


def test_each_rule_is_counted_by_itself_and_all_come_last(clinics):
    reviewed(clinics, "WORSE", "noise")
    reviewed(clinics, "SEV-SUST", "useful")

    lines = alert_burden.of_clinic(clinic=clinics.clinic, since=FIRST, at=NOON)
    assert [(line.rule, line.predictive_value) for line in lines] == [
        ("SEV-SUST", 1),
        ("WORSE", 0),
        ("all", 0.5),
    ]


def test_the_share_without_action_is_of_the_reviewed(clinics):
    reviewed(clinics, "WORSE", None, decision="no_action")
    reviewed(clinics, "WORSE", None, decision="see_patient")
    raise_flag(clinics.alice, at=NOON, rule="WORSE")

    assert burden(clinics).without_action == 0.5


def test_times_run_from_the_first_page_and_from_when_the_server_knew(clinics):
    flag = raise_flag(clinics.alice, at=NOON)
    lifecycle.acknowledge(
        Context(clinics.nora, NOON + 20 * MINUTE), escalation_ids=[escalation_of(flag).id]
    )
    review(clinics, flag, None, after=3 * HOUR)

    line = burden(clinics)
    assert line.to_acknowledge == Waiting(1, 20 * MINUTE, 20 * MINUTE)
    assert line.to_review == Waiting(1, 3 * HOUR, 3 * HOUR)


@pytest.mark.parametrize(
    ("minutes", "median", "p90"),
    [
        pytest.param([7], 7, 7, id="one"),
        pytest.param([1, 4], 2.5, 4, id="two: the mean of the middle"),
        pytest.param([9, 1, 5], 5, 9, id="in any order"),
        pytest.param(list(range(1, 11)), 5.5, 9, id="ten: nine are as fast as the p90"),
        pytest.param(list(range(1, 12)), 6, 10, id="eleven"),
    ],
)
def test_the_median_and_the_90th_percentile(minutes, median, p90):
    waiting = Waiting.of(each * MINUTE for each in minutes)

    assert waiting == Waiting(len(minutes), median * MINUTE, p90 * MINUTE)


def test_what_was_found_in_old_records_has_no_time_to_review(clinics):
    flag = raise_flag(clinics.alice, at=NOON, retrospective=True)
    review(clinics, flag, "useful", after=30 * DAY)

    assert burden(clinics).to_review is None
    assert burden(clinics).predictive_value == 1


def test_the_rate_is_per_100_patient_weeks_of_care(clinics):
    """Alice and Bob, two days each."""
    raise_flag(clinics.alice, at=NOON)

    assert burden(clinics).patient_weeks == pytest.approx(4 / 7)
    assert burden(clinics).per_100_weeks == pytest.approx(175)


def test_only_what_opened_since_then_and_only_of_this_clinic(clinics):
    raise_flag(clinics.alice, at=NOON)
    raise_flag(clinics.carol, at=NOON, rule="WORSE")

    assert burden(clinics).flags == 1
    assert burden(clinics, since=FIRST + DAY).patient_weeks == pytest.approx(2 / 7)
    assert burden(clinics, since=FIRST + 2 * DAY) is None

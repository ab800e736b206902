"""`manage.py alert_burden` and `manage.py shadow`."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

import clock
from tests.fixtures import MONDAY_EVENING
from tests.tracker.console.scenes import raise_flag
from tracker.models import Flag, Review
from tracker.services.context import Context
from tracker.services.reviews import reviews
from tracker.services.rulesets import shadow_trials

HOUR = timedelta(hours=1)


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def flag(clinics) -> Flag:
    clock.travel_to(MONDAY_EVENING + timedelta(days=3))
    flag = raise_flag(clinics.alice, at=MONDAY_EVENING)
    reviews.review(
        Context(clinics.nora, MONDAY_EVENING + 6 * HOUR),
        patient=clinics.alice,
        flag_ids=[flag.id],
        decision=Review.Decision.NO_ACTION,
        usefulness={flag.id: Flag.Usefulness.NOISE},
    )
    return flag


def test_the_burden_of_each_rule_in_one_line(flag):
    lines = run("alert_burden", "--clinic", "Harbor Clinic").splitlines()

    row = next(line for line in lines if line.startswith("SEV-SUST")).split()
    assert row[1:] == ["1", "87.50", "1", "0%", "100%", "-", "6.0", "/", "6.0", "h"]
    assert "Alice" not in "".join(lines)


def test_the_burden_as_json(flag):
    (of_rule, of_all) = json.loads(run("alert_burden", "--clinic", "Harbor Clinic", "--json"))

    assert (of_rule["rule"], of_all["rule"]) == ("SEV-SUST", "all")
    assert of_rule["to_review"] == {"flags": 1, "median_hours": 6.0, "p90_hours": 6.0}
    assert (of_rule["predictive_value"], of_rule["to_acknowledge"]) == (0, None)


def test_a_trial_beside_the_flags_of_its_days(clinics, flag):
    shadow_trials.start(
        Context(clinics.ada, MONDAY_EVENING - timedelta(days=1)),
        clinic=clinics.clinic,
        version="2026.1",
        thresholds={"severe_pain": 8},
        reason="Fewer?",
    )

    lines = run("shadow", "--clinic", "Harbor Clinic").splitlines()

    assert lines[0] == "2026.1, severe_pain = 8, from 2026-03-02, running."
    assert lines[-1].split() == ["SEV-SUST", "1", "0", "0", "1", "0"]


@pytest.mark.parametrize("command", ["alert_burden", "shadow"])
def test_a_clinic_that_is_not_there_is_said_in_words(db, command):
    with pytest.raises(CommandError, match="There is no clinic of that name"):
        run(command, "--clinic", "Nowhere")


def test_no_trial_is_said_in_words(clinics):
    with pytest.raises(CommandError, match="has had no shadow trial"):
        run("shadow", "--clinic", "Harbor Clinic")

"""The choices that the console offers are those that the rules can read."""

from __future__ import annotations

from typing import get_args

import pytest

from tracker.console import labels
from tracker.models import Patient, PlannedMeasure
from tracker.rules import parse_history
from tracker.rules.history.documents import Condition, MeasureName, Sex, Waiver
from tracker.rules.measures import labels as measure_labels
from tracker.rules.medicines.catalog import LOCAL_ROUTES, PATCH_ROUTES


@pytest.mark.parametrize("route", labels.ROUTES)
def test_a_medicine_may_be_planned_by_every_route(route):
    planned = {"measure": "medication", "ingredients": [{"name": "ibuprofen"}], "route": route}

    history = parse_history(
        {
            "patient": {"ref": "p1", "time_zone": "America/New_York"},
            "episode": {"index_date": "2026-03-02"},
            "plan": [planned],
            "records": [],
        }
    )

    assert history is not None


def test_local_routes_and_patches_are_offered_by_the_codes_of_the_rules():
    offered = labels.ROUTES.keys()

    assert offered & LOCAL_ROUTES == {"topical", "nasal"}
    assert offered & PATCH_ROUTES == {"transdermal"}


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        pytest.param(PlannedMeasure.Waived, Waiver, id="waivers"),
        pytest.param(Patient.Condition, Condition, id="conditions"),
        pytest.param(Patient.Sex, Sex, id="sexes"),
    ],
)
def test_every_code_of_the_rules_has_a_label(offered, known):
    assert set(offered.values) == set(get_args(known))


def test_every_measure_of_the_rules_has_a_label():
    assert set(measure_labels()) == set(get_args(MeasureName))

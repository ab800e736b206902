"""What the desk offers to choose, the rules can read: else a plan would stop an evaluation."""

from __future__ import annotations

from typing import get_args

import pytest

from tracker.console import words
from tracker.rules import parse_history
from tracker.rules.history.documents import Condition, MeasureName, Sex, Waiver
from tracker.rules.medicines.catalog import LOCAL_ROUTES, PATCH_ROUTES


@pytest.mark.parametrize("route", words.ROUTES)
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


def test_what_does_not_reach_the_whole_body_has_the_rules_word():
    offered = words.ROUTES.keys()

    assert offered & LOCAL_ROUTES == {"topical", "nasal"}
    assert offered & PATCH_ROUTES == {"transdermal"}


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        pytest.param(words.MEASURES, MeasureName, id="measures"),
        pytest.param(words.WAIVED, Waiver, id="waivers"),
        pytest.param(words.CONDITIONS, Condition, id="conditions"),
        pytest.param(words.SEXES, Sex, id="sexes"),
    ],
)
def test_the_choices_are_the_rules_own(offered, known):
    assert set(offered) == set(get_args(known))

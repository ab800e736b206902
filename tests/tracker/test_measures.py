"""A measure is declared once: records, plans, labels and the adequate trial follow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers
from tracker.rules.measures import MEASURES

ROOT = Path(__file__).resolve().parents[2]

#: In a process of its own, before anything derives from the measures.
DECLARE_TENS = """
import sys
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location("tracker.rules.measures", "tracker/rules/measures.py")
measures = sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(measures)
measures.MEASURES += (
    measures.Measure(name="tens", label="TENS", category=measures.Category.MANUAL),
)
"""

READ_IT_BACK = """
import json
import django

django.setup()

from tests.tracker.rules.diaries import date, document, entries, session
from tracker.console import labels
from tracker.console.forms.care_plans import PlanLineForm
from tracker.models import PlannedMeasure
from tracker.rules import LIVE, json_schemas, parse_history
from tracker.rules.care.adequate_trial import adequate_trial
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.episode_state import EpisodeState

records = [*entries([6] * 42), *(session(day, "tens") for day in (2, 9, 16, 23))]
history = parse_history(document(records, plan=[{"measure": "tens", "sessions_per_week": 1}]))
state = EpisodeState(history)
for each in history.entries:
    state.put(each, each.first)
trial = adequate_trial(DayContext(state, date(42).toordinal(), LIVE.thresholds))
print(json.dumps({
    "session types": "tens" in json_schemas()["TherapySession"]["properties"]["type"]["enum"],
    "planned choice": ["tens", "TENS"] in list(
        map(list, PlannedMeasure._meta.get_field("measure").choices)
    ),
    "form choice": ["tens", "TENS"] in list(map(list, PlanLineForm.base_fields["measure"].choices)),
    "label": labels.LABELS["measure"]["tens"],
    "adequate trial": trial.also_met,
}))
"""


def answer_of(code: str) -> dict:
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=servers.child_environment() | {"DJANGO_SETTINGS_MODULE": "backend.settings"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def test_a_new_measure_is_logged_planned_named_and_counted_with_no_other_edit():
    assert answer_of(DECLARE_TENS + READ_IT_BACK) == {
        "session types": True,
        "planned choice": True,
        "form choice": True,
        "label": "TENS",
        "adequate trial": ["manual"],
    }


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_measure_fits_its_column_and_says_how_much_is_planned(measure):
    assert len(measure.name) <= 24
    assert measure.planned_in

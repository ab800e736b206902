"""The diary by days."""

from __future__ import annotations

from dataclasses import replace

from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import html_of
from tracker.models.record_kinds import RECORD_KINDS
from tracker.models.record_kinds.peg_score import PEG_SCORE


def test_the_diary_shows_days_that_were_not_logged(clinics, nora):
    html = nora.get(
        f"/console/patients/{clinics.alice.id}/diary/?until=2026-03-29"
    ).content.decode()

    assert html.count("not logged") == 3
    assert "Four weeks later" in html
    nonsense = nora.get(f"/console/patients/{clinics.alice.id}/diary/?until=2026-02-30")
    assert nonsense.status_code == 200


def test_a_record_of_a_kind_without_a_template_is_shown_by_its_fields(clinics, nora, monkeypatch):
    """Another kind that borrows the table of the PEG."""
    known = clinic_data.logged_at(clinics.alice, NOW.date())
    PEG_SCORE.model._default_manager.create(**known, pain=3, enjoyment=4, activity=5)
    steps = replace(PEG_SCORE, label="Step count")
    steps.__dict__["code"] = "step_count"
    monkeypatch.setitem(RECORD_KINDS, PEG_SCORE.code, steps)

    html = html_of(nora.get(f"/console/patients/{clinics.alice.id}/diary/"))

    assert "Step count: pain 3, enjoyment 4, activity 5" in html

"""The diary by days."""

from __future__ import annotations

from dataclasses import replace

from django.db import models

from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import html_of
from tracker.models import (
    RecordKind,
)
from tracker.services.records.kinds import KINDS


def test_the_diary_shows_days_that_were_not_logged(cast, nora):
    html = nora.get(f"/console/patients/{cast.alice.id}/diary/?until=2026-03-29").content.decode()

    assert html.count("not logged") == 3
    assert "Four weeks later" in html
    nonsense = nora.get(f"/console/patients/{cast.alice.id}/diary/?until=2026-02-30")
    assert nonsense.status_code == 200


class _NewKind(models.TextChoices):
    STEP_COUNT = "step_count", "Step count"


def test_a_new_kind_of_record_appears_without_a_template_of_its_own(cast, nora, monkeypatch):
    """A throwaway kind, which borrows the table of another."""
    known = clinic_data.logged_at(cast.alice, NOW.date())
    KINDS[RecordKind.PEG].model.objects.create(**known, pain=3, enjoyment=4, activity=5)
    new = replace(KINDS[RecordKind.PEG], name=_NewKind.STEP_COUNT)
    monkeypatch.setitem(KINDS, RecordKind.PEG, new)

    html = html_of(nora.get(f"/console/patients/{cast.alice.id}/diary/"))

    assert "Step count: pain 3, enjoyment 4, activity 5" in html

"""The shared trial data through the real command; skipped where it is not at hand."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Notification
from tests.cast import make_care_team, make_clinic
from tests.shared import trial_data
from tracker.models import DiaryEntry, DiaryImport, Escalation, Flag, Patient, Revision

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clinic(db: None) -> None:
    make_care_team(make_clinic())


def run(name: str, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("import_diary", str(trial_data(name)), *words, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def assert_nobody_was_told() -> None:
    assert not Escalation.objects.exists()
    assert not Notification.objects.exists()
    assert all(Flag.objects.values_list("retrospective", flat=True))


def test_the_diaries_of_203_people():
    status, out = run("bda_vas_diary.csv", "--round", "half-up")

    assert status == 0, out
    assert "Read 2,842 lines" in out
    assert "set aside, nothing_logged: 255" in out
    assert Patient.objects.count() == 203
    assert DiaryEntry.objects.count() == 2587
    assert Revision.objects.filter(imported_original__isnull=True).count() == 39
    assert_nobody_was_told()

    again, out = run("bda_vas_diary.csv", "--round", "half-up")

    assert again == 0
    assert "2,587 there already" in out
    assert (DiaryImport.objects.count(), Revision.objects.count()) == (1, 2587)


def test_the_diaries_of_203_people_unrounded():
    status, out = run("bda_vas_diary.csv")

    assert status == 1
    assert "rejected, not_whole: 2,548" in out
    assert DiaryEntry.objects.count() == 39


def test_the_52_lines_of_back_pain():
    status, out = run("myaiguide_app.csv", "--site", "Back pain", "--round", "half-up")

    assert status == 0, out
    assert "of another site: 1,237" in out
    assert "1 people, 1 of them new; 52 days new" in out
    assert Counter(DiaryEntry.objects.values_list("pain_average", flat=True)).total() == 52
    assert_nobody_was_told()


def test_several_sites_are_not_taken_for_one():
    status, out = run("myaiguide_app.csv", "--round", "half-up")

    assert status == 2
    assert "'Knee Pain' (1041)" in out
    assert not Patient.objects.exists()


def test_a_trial_with_two_visits():
    status, out = run("ashar2022_cbp_rct.csv")

    assert status == 0, out
    assert "152 people, 152 of them new; 287 days new" in out

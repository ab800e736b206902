"""The shared trial data through the real command; skipped where it is not at hand."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Notification
from tests.fixtures import make_care_team, make_clinic
from tests.trial_data import shared_file
from tracker.models import DiaryEntry, DiaryImport, Escalation, Flag, Patient, Revision

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clinic(db: None) -> None:
    make_care_team(make_clinic())


def run(name: str, *words: str) -> tuple[int, str]:
    return run_file(shared_file(name), *words)


def run_file(file: Path, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("import_diary", str(file), *words, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def assert_nobody_was_told() -> None:
    assert not Escalation.objects.exists()
    assert not Notification.objects.exists()
    assert all(Flag.objects.values_list("retrospective", flat=True))


def test_real_diaries_rounded(tmp_path):
    """Forty of the 203 people; docs/import-report.md covers all."""
    rows = list(csv.DictReader(shared_file("bda_vas_diary.csv").read_text().splitlines()))
    chosen = set(list(dict.fromkeys(row["patient"] for row in rows))[:40])
    rows = [row for row in rows if row["patient"] in chosen]
    logged = [row for row in rows if row["pain"]]
    whole = [row for row in logged if float(row["pain"]).is_integer()]
    file = tmp_path / "diaries.csv"
    with file.open("w", newline="") as copy:
        writer = csv.DictWriter(copy, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    status, out = run_file(file, "--round", "half-up")

    assert status == 0, out
    assert Patient.objects.count() == 40
    assert DiaryEntry.objects.count() == len(logged)
    assert Revision.objects.filter(imported_original__isnull=True).count() == len(whole)
    assert_nobody_was_told()

    again, out = run_file(file, "--round", "half-up")

    assert again == 0
    assert f"{len(logged)} unchanged" in out
    assert (DiaryImport.objects.count(), Revision.objects.count()) == (1, len(logged))


def test_the_diaries_of_203_people_unrounded():
    status, out = run("bda_vas_diary.csv")

    assert status == 1
    assert "rejected, not_whole: 2,548" in out
    assert DiaryEntry.objects.count() == 39


def test_the_52_lines_of_back_pain():
    status, out = run("myaiguide_app.csv", "--site", "Back pain", "--round", "half-up")

    assert status == 0, out
    assert "of another site: 1,237" in out
    assert "1 patients, 1 of them new; 52 new days" in out
    assert Counter(DiaryEntry.objects.values_list("pain_average", flat=True)).total() == 52
    assert_nobody_was_told()


def test_several_sites_need_a_choice():
    status, out = run("myaiguide_app.csv", "--round", "half-up")

    assert status == 2
    assert "'Knee Pain' (1041)" in out
    assert not Patient.objects.exists()


def test_a_trial_with_two_visits():
    status, out = run("ashar2022_cbp_rct.csv")

    assert status == 0, out
    assert "152 patients, 152 of them new; 287 new days" in out

from __future__ import annotations

import csv
import io
import logging
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.fixtures import make_care_team, make_clinic
from tracker.models import DiaryEntry, DiaryImport, Patient

pytestmark = pytest.mark.django_db

FILE = """pid,day,nrs,where
p1,2026-01-05,3,Low back
p1,2026-01-06,6.5,Low back
p1,2026-01-06,4,Low back
p1,2026-01-07,9,Knee
p2,2026-01-05,11,Low back
p2,2026-01-06,,Low back
=cmd(),2026-01-05,12,Low back
"""
WORDS = (
    "--column=patient=pid --column=date=day --column=pain=nrs --column=site=where"
    " --site=Low#back --round=half-up --same-day=max"
)


@pytest.fixture
def clinic(db: None):
    clinic = make_clinic()
    make_care_team(clinic)
    return clinic


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    path = tmp_path / "diary.csv"
    path.write_text(FILE)
    return path


def run(path: Path, words: str = WORDS) -> tuple[int, str, str]:
    """Return the exit status, standard output, and the message of the error."""
    out = io.StringIO()
    try:
        arguments = [word.replace("#", " ") for word in words.split()]
        call_command("import_diary", str(path), *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def test_imports_by_mapped_columns_and_tells_what_became_of_each_line(clinic, diary):
    status, out, last = run(diary)

    assert status == 1
    assert "Read 7 lines" in out
    assert "lines of another site: 1" in out
    assert "set aside, nothing_logged: 1" in out
    assert "set aside, superseded: 1" in out
    assert "rejected, out_of_range: 2" in out
    assert "1 patients, 1 of them new; 2 new days, 0 corrected, 0 unchanged." in out
    assert f"This is import {DiaryImport.objects.get().pk}." in out
    assert last == "2 lines were rejected: --report lists them."
    assert sorted(DiaryEntry.objects.values_list("pain_average", flat=True)) == [3, 7]


def test_the_report_holds_every_line_that_was_not_imported(clinic, diary, tmp_path):
    report = tmp_path / "report.csv"

    _, _, last = run(diary, f"{WORDS} --report={report}")

    with report.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["line"], row["outcome"], row["code"]) for row in rows] == [
        ("4", "set aside", "superseded"),
        ("6", "rejected", "out_of_range"),
        ("7", "set aside", "nothing_logged"),
        ("8", "rejected", "out_of_range"),
    ]
    assert rows[1] == {
        "line": "6",
        "outcome": "rejected",
        "code": "out_of_range",
        "column": "nrs",
        "value": "11",
        "message": "Not from 0 to 10.",
        "patient": "p2",
        "date": "2026-01-05",
    }
    assert rows[3]["patient"] == "'=cmd()", "a spreadsheet would run it"
    assert last == f"2 lines were rejected: see {report}."
    assert report.stat().st_mode & 0o077 == 0, "nobody else reads it"


def test_values_stand_in_the_report_only(clinic, tmp_path, caplog, capfd):
    path = tmp_path / "diary.csv"
    path.write_text("patient,date,pain\nCanaryson,2026-01-05,7777\nCanaryson,2026-13-99,6\n")

    with caplog.at_level(logging.DEBUG):
        _, out, last = run(path, f"--report={tmp_path / 'report.csv'}")

    seen = out + last + caplog.text + "".join(capfd.readouterr())
    assert "7777" in (tmp_path / "report.csv").read_text()
    for value in ("Canaryson", "7777", "2026-13-99"):
        assert value not in seen


def test_all_is_well_when_no_line_is_rejected(clinic, tmp_path):
    path = tmp_path / "diary.csv"
    path.write_text("patient,date,pain\np,2026-01-05,3\n")

    status, _, _ = run(path, "")
    again, second, _ = run(path, "")

    assert (status, again) == (0, 0)
    assert "The file contains nothing new. Nothing was changed." in second


def test_a_dry_run_is_reported_as_such(clinic, diary):
    status, out, _ = run(diary, f"{WORDS} --dry-run")

    assert status == 1
    assert "Dry run: nothing was saved." in out
    assert "2 new days" in out
    assert not Patient.objects.exists()


def test_strict_imports_nothing_and_still_reports(clinic, diary, tmp_path):
    report = tmp_path / "report.csv"

    status, _, last = run(diary, f"{WORDS} --strict --report={report}")

    assert status == 2
    assert last.startswith("Nothing was imported. With --strict, one rejected line stops it.")
    assert not DiaryEntry.objects.exists()
    assert "out_of_range" in report.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--column=patient=pid", "there is no column 'date' for date; the file has pid, day, nrs"),
        ("--column=mood=nrs", "expected FIELD=COLUMN"),
        (WORDS.replace("--site=Low#back", "--site=Hip"), "Sites: 'Low back' (6), 'Knee' (1)"),
        (WORDS.replace("--site=Low#back", ""), "several sites"),
        (f"{WORDS} --clinic=Elsewhere", "--clinic Elsewhere: not one of Harbor Clinic"),
        (f"{WORDS} --encoding=utf-16", "Line 1"),
        (
            f"{WORDS} --report=/no/such/folder/report.csv",
            "/no/such/folder/report.csv: No such file",
        ),
    ],
    ids=["column", "field", "site", "no site", "clinic", "encoding", "report"],
)
def test_reports_why_nothing_was_imported(clinic, diary, words, message):
    status, _, last = run(diary, words)

    assert status == 2
    assert last.startswith("Nothing was imported. ")
    assert message in last
    assert not Patient.objects.exists()


def test_reports_a_missing_file(clinic, tmp_path):
    status, _, last = run(tmp_path / "nothing.csv", "")

    assert (status, last) == (
        2,
        f"Nothing was imported. {tmp_path / 'nothing.csv'}: No such file or directory.",
    )

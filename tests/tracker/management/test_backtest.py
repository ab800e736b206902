"""`manage.py backtest`, as a clinic runs it before it trusts a change."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from tests.fixtures import MONDAY_EVENING, diary, say
from tests.tracker.rules.diaries import document, entries
from tracker.models import AuditEvent, Flag

SEVERE = [7] * 8


def line(ref: str, pains: list[int]) -> str:
    return json.dumps(document(entries(pains), patient={"ref": ref}))


@pytest.fixture
def histories(tmp_path):
    path = tmp_path / "histories.jsonl"
    path.write_text("\n".join([line("p1", SEVERE), "", line("p2", SEVERE), line("p3", [2] * 8)]))
    return path


def backtest(*arguments: object) -> tuple[str, str, int]:
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command("backtest", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        status = int(end.code or 0)
    return out.getvalue(), err.getvalue(), status


def test_the_table_shows_which_flags_a_change_removes(histories):
    out, err, status = backtest(histories, "--set", "severe_pain=8")

    assert (err, status) == ("", 0)
    assert (
        "severe_pain = 8, compared with the rules in force: 3 patients, 3.4 patient-weeks." in out
    )
    row = next(line.split() for line in out.splitlines() if line.startswith("SEV-SUST"))
    assert row == ["SEV-SUST", "2", "0", "58.33", "0.00", "2", "0", "0", "0", "0", "2"]
    assert "Overlap with the rules in force: 0%." in out


def test_json_names_each_flag_that_changes(histories):
    out, _, _ = backtest(histories, "--set", "severe_days=3", "--json")

    told = json.loads(out)
    assert told["variant"] == {"ruleset": None, "thresholds": {"severe_days": 3}}
    assert (told["patients"], told["added"], told["removed"]) == (3, [], [])
    assert [(each["from"]["day"], each["to"]["day"]) for each in told["moved"]] == [(5, 3), (5, 3)]
    (rule,) = told["by_rule"]
    assert (rule["key"], rule["moved"], rule["overlap"]) == ("SEV-SUST", 2, 1)


def test_the_page_needs_nothing_else_and_can_be_read_without_seeing(histories, tmp_path):
    backtest(histories, "--set", "severe_pain=8", "--html", tmp_path / "page.html")

    html = (tmp_path / "page.html").read_text()
    assert not re.search(r"<script|(?:src|href)=|url\(|@import", html)
    assert html.count("<svg") == html.count('role="img"') == html.count("<desc") == 2
    assert html.count("<h1") == 1
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    bars = ElementTree.fromstring(pictures[0]).findall("{*}rect")
    assert [bar.get("width") for bar in bars] == ["560.0", "0.0"]
    assert "<caption>Removed: 2</caption>" in html
    assert "2 flags live and 0 tried" in html


def test_names_of_patients_are_escaped_on_the_page(tmp_path):
    nasty = "<script>alert(1)</script>"
    (tmp_path / "h.jsonl").write_text(line(nasty, SEVERE))
    backtest(tmp_path / "h.jsonl", "--set", "severe_pain=8", "--html", tmp_path / "page.html")

    html = (tmp_path / "page.html").read_text()
    assert nasty not in html
    assert "&lt;script&gt;" in html


def test_an_invalid_line_stops_nothing_else(histories):
    histories.write_text(line("p1", [77]) + "\n" + line("p2", SEVERE))

    out, err, status = backtest(histories, "--set", "severe_pain=8")

    assert status == 1
    assert err.startswith("line 1: records[0].pain_average: ")
    assert "1 patients" in out


def test_days_without_entries_are_evaluated_until_a_day(histories):
    out, _, _ = backtest(histories, "--set", "silent_days=5", "--until", "2026-01-17", "--json")

    added = json.loads(out)["added"]
    assert {(each["rule"], each["day"]) for each in added} == {("DATA-GAP", 13)}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name either a file"),
        (["x.jsonl", "--clinic", "Harbor"], "Name either a file"),
        (["x.jsonl"], "Name what to try"),
        (["x.jsonl", "--set", "severe_pain=12"], "severe_pain: Expected 5 to 10"),
        (["x.jsonl", "--set", "nonsense=1"], "No threshold has this name"),
        (["x.jsonl", "--set", "severe_pain=nan"], "not NAME=VALUE"),
        (["x.jsonl", "--set", "severe_pain"], "not NAME=VALUE"),
        (["x.jsonl", "--set", "severe_pain=8", "--until", "soon"], "not a date"),
        (["x.jsonl", "--set", "severe_pain=8"], "No such file"),
    ],
)
def test_an_unusable_option_is_refused_with_a_reason(arguments, words):
    with pytest.raises(CommandError, match=words):
        backtest(*arguments)


class TestOfAClinic:
    @pytest.fixture
    def week(self, clinics):
        for offset, pain in enumerate(SEVERE):
            say(clinics.alice, diary(date(2026, 3, 2) + timedelta(days=offset), pain))

    def run(self, *arguments: str) -> dict:
        import clock

        clock.travel_to(MONDAY_EVENING + timedelta(days=8))
        return json.loads(backtest(*arguments, "--json")[0])

    def test_it_evaluates_every_patient_and_stores_no_flag(self, clinics, week):
        told = self.run("--clinic", "Harbor Clinic", "--set", "severe_pain=8")

        assert told["patients"] == 2
        (gone,) = told["removed"]
        assert (gone["patient"], gone["rule"]) == (str(clinics.alice.id), "SEV-SUST")
        assert not Flag.objects.exists()
        assert AuditEvent.objects.get(action="clinic.backtest").clinic_id == clinics.clinic.id

    def test_another_clinic_is_not_among_them(self, clinics, week):
        told = self.run("--clinic", str(clinics.other_clinic.id), "--set", "severe_pain=8")

        assert (told["patients"], told["removed"]) == (1, [])

    def test_an_unknown_clinic_is_refused(self, db):
        with pytest.raises(CommandError, match="There is no clinic of that name"):
            backtest("--clinic", "Nowhere", "--set", "severe_pain=8")

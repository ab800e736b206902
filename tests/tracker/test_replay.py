"""`manage.py replay`, as a clinic runs it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.tracker.rules.diaries import checklist, compress, document, entries, entry, intake

ROOT = Path(__file__).resolve().parents[2]
FLAGGED = json.dumps(document([entry(1, 2, walking=5)]))
CORRECTED = json.dumps(document([entry(1, 2, walking=5), entry(1, 2, hour=30, walking=0)]))
QUIET = json.dumps(document(entries([1] * 3)))


def replay(tmp_path, *histories: str, options: tuple[str, ...] = ()) -> tuple[list[str], str, int]:
    """Lines of standard output, standard error and the exit status."""
    path = tmp_path / "histories.jsonl"
    path.write_text("\n".join(histories) + "\n")
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command("replay", str(path), *options, stdout=out, stderr=err)
    except SystemExit as end:
        status = end.code
    return out.getvalue().splitlines(), err.getvalue(), status


def test_one_line_for_each_flag(tmp_path):
    out, err, status = replay(tmp_path, FLAGGED, "", QUIET)

    (line,) = map(json.loads, out)
    assert (err, status) == ("", 0)
    assert line["patient"] == "p1"
    assert (line["rule"], line["priority"], line["day"]) == ("FUNC-UNABLE", "P2", 1)
    assert (line["date"], line["at"]) == ("2026-01-05", "2026-01-05T21:00:00-05:00")
    assert line["ruleset"] == "2026.1"
    assert line["evidence"]["level"] == 5
    assert line["explanation"]
    assert line["clears_when"]
    assert line["sources"]


def test_an_invalid_line_stops_nothing_else(tmp_path):
    wrong = json.dumps(document([entry(1, 7.0)]))

    out, err, status = replay(tmp_path, wrong, "{", FLAGGED)

    assert len(out) == 1
    assert status == 1
    assert "line 1: records[0].pain_average: Expected `int | null`, got `float`" in err
    assert "line 2: " in err
    assert "Traceback" not in err


def test_withdrawn_flags_are_history(tmp_path):
    assert replay(tmp_path, CORRECTED)[0] == []

    (line,) = map(json.loads, replay(tmp_path, CORRECTED, options=("--history",))[0])

    assert line["withdrawn_at"] == "2026-01-06T06:00:00-05:00"


def test_flags_are_in_order_of_time_when_clocks_show_an_hour_twice(tmp_path):
    first = intake(1, 0, "ibuprofen", 4000) | {"at": "2026-11-01T01:50:00-04:00"}
    second = compress(1, skin_reaction=True) | {"at": "2026-11-01T01:10:00-05:00"}
    history = document([first, second], episode={"index_date": "2026-10-31"})

    out, _, _ = replay(tmp_path, json.dumps(history))

    assert [json.loads(line)["rule"] for line in out] == ["MED-DOSE", "TH-BURN"]


def test_days_without_entries_are_evaluated_until_a_date(tmp_path):
    assert replay(tmp_path, QUIET)[0] == []
    assert replay(tmp_path, QUIET, options=("--until=2026-01-13",))[0] == []

    (line,) = map(json.loads, replay(tmp_path, QUIET, options=("--until=2026-01-14",))[0])

    assert (line["rule"], line["day"]) == ("DATA-GAP", 10)


def test_a_table_for_people(tmp_path):
    out, _, _ = replay(tmp_path, FLAGGED, CORRECTED, options=("--format=table", "--history"))

    assert [line.split()[:5] for line in out] == [
        ["patient", "date", "day", "P", "rule"],
        ["p1", "2026-01-05", "1", "P2", "FUNC-UNABLE"],
        ["p1", "2026-01-05", "1", "P2", "FUNC-UNABLE"],
    ]
    assert "(withdrawn)" in out[2]


def test_a_rise_is_shown_in_the_table(tmp_path):
    worse = checklist(2, leg_weakness="yes", both_legs_symptoms="yes")
    history = document([checklist(1, leg_weakness="unsure"), worse])

    out, _, _ = replay(tmp_path, json.dumps(history), options=("--format=table",))
    lines = [json.loads(line) for line in replay(tmp_path, json.dumps(history))[0]]

    assert any("(raised from P1)" in line for line in out)
    assert [line.get("raised_from") for line in lines] == [None, None, "P1"]


def test_the_progress_is_shown_on_a_terminal_only(tmp_path, monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)

    replay(tmp_path, FLAGGED, "{", options=("--format=table",))

    assert "2 patients replayed" in terminal.getvalue()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("replay", str(tmp_path / "none.jsonl"))


def test_an_invalid_date_is_refused(tmp_path):
    with pytest.raises(CommandError, match="not a date"):
        call_command("replay", "-", "--until", "tomorrow")


@pytest.mark.parametrize("until", ["9999-12-31", "1989-12-31", "0001-01-01T00:00:00+05:00"])
def test_an_end_out_of_reach_is_refused(until):
    with pytest.raises(CommandError, match="is not from 1990 to 2199"):
        call_command("replay", "-", "--until", until)


def _run(**options) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, without any server."""
    named = {"DATABASE_URL", "BROKER_URL"}
    env = {k: v for k, v in os.environ.items() if k not in named} | {"LUMBAR_MODE": "development"}
    command = [sys.executable, "manage.py", "replay", "-"]
    return subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=60, **options)


def test_it_needs_no_database():
    ran = _run(input=FLAGGED.encode(), capture_output=True)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["rule"] == "FUNC-UNABLE"


def test_a_closed_pipe_is_not_an_error():
    reader, writer = os.pipe()
    os.close(reader)

    ran = _run(input=(FLAGGED + "\n").encode() * 50, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)

    assert ran.stderr == b""

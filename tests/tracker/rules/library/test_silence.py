"""DATA-GAP: when silence opens a flag, and how urgent it is."""

from __future__ import annotations

from datetime import date as Date

import pytest

from tests.tracker.rules.diaries import date, entries, entry, found, rules
from tracker.rules import evaluate, parse_history


@pytest.mark.parametrize(
    ("last", "until", "opens"),
    [
        pytest.param(1, None, False, id="silence after the last record is not evaluated"),
        pytest.param(1, 7, False, id="six days of silence"),
        pytest.param(1, 8, True, id="seven days of silence"),
        pytest.param(None, 6, False, id="day 6, never an entry"),
        pytest.param(None, 7, True, id="day 7, never an entry"),
    ],
)
def test_silence(last, until, opens):
    records = [] if last is None else [entry(last, 5)]

    assert ("DATA-GAP" in rules(records, until=until)) is opens


def test_an_entry_without_pain_is_no_silence():
    assert "DATA-GAP" not in rules([entry(1, 5), entry(4, None)], until=10)
    assert "DATA-GAP" in rules([entry(1, 5), entry(4, None)], until=11)


def test_a_date_that_is_left_out_is_not_expected():
    # Samoa had no 30 December 2011: seven silent days take eight dates.
    record = {
        "kind": "diary_entry",
        "date": "2011-12-26",
        "submitted_at": "2011-12-26T20:00:00-10:00",
        "pain_average": 3,
    }
    history = parse_history(
        {
            "patient": {"ref": "p", "time_zone": "Pacific/Apia"},
            "episode": {"index_date": "2011-12-26"},
            "records": [record],
        }
    )

    def silent(until):
        limit = history.calendar.close(Date.fromisoformat(until).toordinal())
        return [flag.rule for flag in evaluate(history, until=limit).flags]

    assert silent("2012-01-02") == []
    assert silent("2012-01-03") == ["DATA-GAP"]


def test_a_late_entry_is_silence():
    assert "DATA-GAP" in rules([entry(1, 5), entry(4, 5, hour=37)], until=8)


@pytest.mark.parametrize(
    ("week", "priority"),
    [
        pytest.param([7] * 6 + [6], "P4", id="6.86 when last seen"),
        pytest.param([7] * 7, "P3", id="7.0 when last seen"),
    ],
)
def test_silence_after_severe_pain(week, priority):
    opened = [p for r, p, _ in found(entries(week), until=14) if r == "DATA-GAP"]

    assert opened == [priority]


@pytest.mark.parametrize(
    ("plan", "taken_on", "priority"),
    [
        pytest.param([{"prescribed": False}], None, "P3", id="planned"),
        pytest.param([{"waived": "not_tolerated"}], None, "P4", id="waived"),
        pytest.param([{"from": date(15).isoformat()}], None, "P3", id="planned from today"),
        pytest.param([{"from": date(16).isoformat()}], None, "P4", id="planned from tomorrow"),
        pytest.param([{"until": date(15).isoformat()}], None, "P3", id="planned until today"),
        pytest.param([{"until": date(14).isoformat()}], None, "P4", id="planned until yesterday"),
        pytest.param([], 16, "P4", id="taken on the morning after"),
        pytest.param([{"route": "topical"}], None, "P4", id="planned as a gel"),
        pytest.param(
            [{"route": "topical", "ingredients": [{"name": "fentanyl", "mcg_per_hour": 25}]}],
            None,
            "P3",
            id="planned as a patch, by its rate",
        ),
        pytest.param([], 9, "P3", id="taken seven days ago"),
        pytest.param([], 8, "P4", id="taken eight days ago"),
    ],
)
def test_silence_with_an_opioid(plan, taken_on, priority):
    from tests.tracker.rules.diaries import intake, medicine

    plans = [medicine("tramadol", **fields) for fields in plan]
    taken = [] if taken_on is None else [intake(taken_on, 8, "tramadol", 50)]
    records = [*entries([3] * 8), *taken]

    opened = [p for r, p, _ in found(records, plan=plans, until=15) if r == "DATA-GAP"]

    assert opened == [priority]

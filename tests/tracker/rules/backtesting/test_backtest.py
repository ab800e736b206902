"""What a change of the rules would add, move and remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.tracker.rules.diaries import date, document, entries
from tracker.rules import InvalidHistory, evaluate, parse_history
from tracker.rules.backtesting.backtest import Backtest, Change, found, paired
from tracker.rules.backtesting.variants import Variant

FOUR, HIGH = {"severe_days": 4}, {"severe_pain": 8}
#: Severe on the days 3 to 9: the fifth such day is day 7.
SEVERE = [5, 5, 7, 7, 7, 7, 7, 7, 7, 5, 5]


def histories(*pains: list[int], **parts):
    for number, each in enumerate(pains, start=1):
        patient = {"ref": f"p{number}"}
        yield parse_history(document(entries(each), patient=patient, **parts))


def tried(*pains: list[int], version: str | None = None, parts=None, **numbers) -> Backtest:
    test = Backtest(Variant(version=version, thresholds=numbers))
    for history in histories(*pains, **(parts or {})):
        test.add(history, until=None)
    return test


def changes(test: Backtest) -> list[tuple[str, str]]:
    return [((pair.live or pair.tried).rule, pair.change) for pair in test.pairs]


def test_the_live_rules_beside_themselves_change_nothing():
    test = tried(SEVERE)

    assert changes(test) == [("SEV-SUST", "same")]
    assert test.total().overlap == 1


@pytest.mark.parametrize(
    ("numbers", "change"),
    [
        pytest.param({"severe_days": 5}, Change.SAME, id="the same number"),
        pytest.param({"severe_days": 4}, Change.MOVED, id="one day fewer opens it earlier"),
        pytest.param({"severe_days": 7}, Change.MOVED, id="two days more open it later"),
        pytest.param({"severe_pain": 8}, Change.REMOVED, id="a higher level never opens it"),
    ],
)
def test_a_changed_number_moves_or_removes_a_flag(numbers, change):
    assert changes(tried(SEVERE, **numbers)) == [("SEV-SUST", change)]


def test_a_lower_level_adds_a_flag():
    test = tried([6] * 8, severe_pain=6)

    (pair,) = test.changed(Change.ADDED)
    assert (pair.live, pair.tried.day, pair.tried.date) == (None, 5, date(5))


@pytest.mark.parametrize(
    ("days", "change"),
    [
        pytest.param(0, ["same"], id="the same day"),
        pytest.param(14, ["moved"], id="as far as the longest cool-down"),
        pytest.param(15, ["removed", "added"], id="a day further"),
    ],
)
def test_flags_further_apart_than_the_cool_down_are_two(days, change):
    (flag,) = found(next(histories(SEVERE)), until=None)
    later = replace(flag, date=flag.date + timedelta(days=days))

    assert [pair.change for pair in paired([flag], [later])] == change


def test_it_counts_flags_patients_and_weeks():
    test = tried(SEVERE, SEVERE, [3] * 6, severe_pain=8)

    total = test.total()
    assert (len(test.patients), test.patient_weeks) == (3, 28 / 7)
    assert (total.live, total.tried, len(total.live_patients)) == (2, 0, 2)
    assert test.per_100_weeks(total.live) == pytest.approx(50)
    assert total.overlap == 0
    assert [row.key for row in test.by_priority()] == ["P2"]
    assert [(row.key, row.live) for row in test.by_week()] == [("1", 2)]


def shown(row) -> tuple:
    """A row of the table, with the number of patients on either side."""
    patients = (len(row.live_patients), len(row.tried_patients))
    return row.key, row.live, row.tried, *patients, {str(k): n for k, n in row.changes.items()}


def test_a_row_counts_what_was_found_by_either():
    test = tried(SEVERE, SEVERE, [6] * 8, severe_pain=6)

    assert shown(test.total()) == ("all", 2, 3, 2, 3, {"same": 2, "added": 1})
    assert [shown(row) for row in test.by_rule()] == [
        ("SEV-SUST", 2, 3, 2, 3, {"same": 2, "added": 1})
    ]


def test_a_flag_that_changes_its_row_left_one_and_came_to_the_other():
    test = tried(SEVERE, SEVERE, severe_days=7)

    assert [shown(row) for row in test.by_week()] == [
        ("1", 2, 0, 2, 0, {"removed": 2}),
        ("2", 0, 2, 0, 2, {"added": 2}),
    ]


def test_weeks_of_care_are_in_order_of_time():
    late = [*([3] * 63), *SEVERE]
    later_still = [*([3] * 14), *SEVERE]

    assert [row.key for row in tried(late, later_still, SEVERE).by_week()] == ["1", "3", "10"]


def test_a_week_of_care_begins_with_its_first_day():
    seven, eight = [7, 7, 7, 5, 5, 7, 7], [5, 7, 5, 5, 7, 7, 7, 7]

    assert [row.key for row in tried(seven, eight).by_week()] == ["1", "2"]


def test_rows_are_in_order_of_their_names():
    (history,) = histories([5] * 7 + [9] * 8)
    test = Backtest(Variant())
    test.add(history, until=history.calendar.close(date(30).toordinal()))

    assert [row.key for row in test.by_rule()] == ["DATA-GAP", "SEV-SUST", "WORSE"]
    assert [row.key for row in test.by_priority()] == ["P2", "P3"]


def test_nothing_is_evaluated_after_the_day_that_is_asked_for():
    (history,) = histories(SEVERE)
    test = Backtest(Variant(thresholds={"severe_days": 6}))
    test.add(history, until=history.calendar.start(date(7).toordinal()))

    assert (test.pairs, test.patient_days) == ([], 7)


def test_silence_is_evaluated_up_to_the_day_that_is_asked_for():
    (history,) = histories([3])
    test = Backtest(Variant(thresholds={"silent_days": 8}))
    test.add(history, until=history.calendar.close(date(9).toordinal()))

    assert [(pair.live.day, pair.tried.day) for pair in test.pairs] == [(8, 9)]
    assert test.patient_days == 10


def test_a_patient_of_whom_nothing_is_known_has_no_days():
    (history,) = histories([])
    test = Backtest(Variant())
    test.add(history, until=None)

    assert test.patient_days == 0


def test_what_was_found_is_told_with_its_reason():
    (flag,) = found(next(histories(SEVERE)), until=None)

    assert flag.as_json() == {
        "patient": "p1",
        "rule": "SEV-SUST",
        "priority": "P2",
        "day": 7,
        "date": "2026-01-11",
        "explanation": "Pain was 7 or more on 5 of the last 7 days.",
    }


def test_of_two_flags_the_nearest_is_the_one_that_moved():
    (flag,) = found(next(histories(SEVERE)), until=None)

    def after(days):
        return replace(flag, date=flag.date + timedelta(days=days))

    pairs = paired([after(20), flag], [after(23), after(2), after(21)])

    assert [(p.live and p.live.date.day, p.tried and p.tried.date.day) for p in pairs] == [
        (31, 1),
        (11, 13),
        (None, 3),
    ]


def test_nothing_is_no_division_by_zero():
    test = Backtest(Variant())

    assert test.per_100_weeks(0) is None
    assert test.total().overlap is None
    assert test.total().key == "all"


def test_a_trial_holds_for_who_has_a_number_of_their_own():
    test = tried(SEVERE, parts={"thresholds": {"severe_pain": 6}}, severe_pain=8)

    assert changes(test) == [("SEV-SUST", "removed")]


def test_a_trial_of_the_weeks_of_care_holds_over_the_episodes():
    parts = {
        "episode": {"conservative_min_days": 28},
        "plan": [{"measure": "home_exercise", "sessions_per_week": 3}],
    }

    def first_failure(**numbers):
        test = tried([7] * 60, parts=parts, **numbers)
        return [p.tried.day for p in test.pairs if p.tried and p.tried.rule == "CC-INDET"] or [
            p.tried.day for p in test.pairs if p.tried and p.tried.rule == "CC-NOTTRIED"
        ]

    assert first_failure() == [28]
    assert first_failure(conservative_min_days=56) == [56]


def test_from_a_date_on_only_later_days_are_evaluated_by_it():
    (history,) = histories([7] * 12)
    variant = Variant(thresholds={"severe_days": 7})

    def opening(on):
        flags = evaluate(variant.applied_to(history, from_date=date(on)), until=None).flags
        return [flag.day for flag in flags if flag.rule == "SEV-SUST"]

    assert (opening(1), opening(5), opening(6)) == ([7], [7], [5])


def test_what_a_history_names_holds_before_the_trial_begins():
    rulesets = [
        {"from": "2026-01-01", "version": "2026.1", "thresholds": {"severe_days": 3}},
        {"from": date(5).isoformat(), "version": "2026.1", "thresholds": {"severe_days": 4}},
    ]
    (history,) = histories([7] * 12, rulesets=rulesets)
    changed = Variant(thresholds={"severe_pain": 8}).applied_to(history, from_date=date(7))

    assert [period.thresholds for period in changed.document.rulesets] == [
        {"severe_days": 3},
        {"severe_days": 4},
        {"severe_days": 4, "severe_pain": 8},
    ]
    assert [flag.day for flag in evaluate(changed, until=None).flags] == [3]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(
            3, [(2, {}), (3, HIGH), (4, HIGH), (5, FOUR | HIGH)], id="before what is named"
        ),
        pytest.param(4, [(3, {}), (4, HIGH), (5, FOUR | HIGH)], id="on the day of the first"),
        pytest.param(5, [(4, {}), (5, FOUR | HIGH)], id="on the day of a later one"),
        pytest.param(6, [(4, {}), (5, FOUR), (6, FOUR | HIGH)], id="after them"),
    ],
)
def test_a_trial_begins_on_its_day_and_lies_over_what_comes_later(on, expected):
    rulesets = [
        {"from": date(4).isoformat(), "version": "2026.1"},
        {"from": date(5).isoformat(), "version": "2026.1", "thresholds": FOUR},
    ]
    (history,) = histories([7] * 12, rulesets=rulesets)

    changed = Variant(thresholds=HIGH).applied_to(history, from_date=date(on))

    periods = [(each.from_date, dict(each.thresholds)) for each in changed.document.rulesets]
    assert periods == [(date(day), numbers) for day, numbers in expected]


def test_a_trial_of_a_version_names_it_in_every_period():
    rulesets = [{"from": date(day).isoformat(), "version": "2026.1"} for day in (1, 5)]
    (history,) = histories([7], rulesets=rulesets)

    for version, named in (("2027.1", "2027.1"), (None, "2026.1")):
        changed = Variant(version=version).applied_to(history)
        assert [each.version for each in changed.document.rulesets] == [named, named]


def test_a_version_that_is_none_is_refused_with_its_place():
    (history,) = histories([7], rulesets=[{"from": "2026-01-01", "version": "1999.1"}])

    with pytest.raises(InvalidHistory, match=r"rulesets\[0\].version: No ruleset"):
        evaluate(history, until=None)


@pytest.mark.parametrize(
    ("period", "path"),
    [
        ({"from": "1200-01-01", "version": "2026.1"}, r"rulesets\[0\].from"),
        (
            {"from": "2026-01-01", "version": "2026.1", "thresholds": {"severe_days": 99}},
            r"rulesets\[0\].thresholds.severe_days",
        ),
    ],
)
def test_a_period_outside_its_domain_is_refused_with_its_path(period, path):
    with pytest.raises(InvalidHistory, match=path):
        list(histories([7], rulesets=[period]))

"""SEV-*, WORSE and FUNC-*."""

from __future__ import annotations

import pytest

from tests.tracker.rules.diaries import at, date, entries, entry, found, outcome, rules


@pytest.mark.parametrize(
    ("pains", "opens"),
    [
        pytest.param([7, 7, 7, 7], False, id="four severe days"),
        pytest.param([7, 7, 7, 7, 7], True, id="five severe days"),
        pytest.param([7, 7, 7, 7, 6, 6, 7], True, id="five of seven"),
        pytest.param([7, 6, 7, 6, 7, 6, 7], False, id="four of seven"),
        pytest.param([7, 7, 7, 7, 6], False, id="four at 7, one at 6"),
        pytest.param([7, 7, 7, 7, None, None, None, 7], False, id="the first is eight days old"),
    ],
)
def test_sustained_severe_pain(pains, opens):
    assert ("SEV-SUST" in rules(entries(pains))) is opens


def test_sustained_severe_pain_is_over_when_the_newest_entry_is_lower():
    # Day 6 begins with a 6 before the fifth severe day is entered.
    records = [*entries([7, 7, 7, 7]), entry(6, 6, hour=1), entry(5, 7, hour=34)]

    assert [d for rule, _, d in found(records) if rule == "SEV-SUST"] == [5]
    assert outcome(records).flags[0].opened_at.isoformat() == at(6, 12)


@pytest.mark.parametrize(
    ("days", "opens_on"),
    [
        pytest.param(8, [5, 9], id="the last day"),
        pytest.param(7, [5], id="not the last two"),
    ],
)
def test_a_severe_week_may_lack_its_last_day(days, opens_on):
    # The flag of day 5 is closed that evening; its cool-down is over on day 9, which is silent.
    records = entries([7] * days)
    closures = [{"rule": "SEV-SUST", "at": at(5, 22)}]

    opened = [day for rule, _, day in found(records, closures=closures, until=9)]

    assert opened == opens_on


@pytest.mark.parametrize(
    ("yesterday", "today", "opens"),
    [
        pytest.param({"pain": 8, "sleep": 4}, {"pain": 8}, True, id="sleepless yesterday"),
        pytest.param({"pain": 8}, {"pain": 8, "activity": 4}, True, id="in bed today"),
        pytest.param({"pain": 8, "activity": 4}, {"pain": 8}, True, id="in bed yesterday"),
        pytest.param({"pain": 8, "walking": 4}, {"pain": 8}, True, id="hardly walked yesterday"),
        pytest.param({"pain": 8}, {"pain": 8, "standing": 4}, True, id="stands under 5 minutes"),
        pytest.param({"pain": 8, "sleep": 3}, {"pain": 8, "activity": 3}, False, id="both at 3"),
        pytest.param({"pain": 8}, {"pain": 8, "walking": 3}, False, id="walks 5 minutes"),
        pytest.param({"pain": 7, "sleep": 4}, {"pain": 8}, False, id="7 yesterday"),
        pytest.param({"pain": 8, "sleep": 4}, {"pain": 7}, False, id="7 today"),
        pytest.param({"pain": 8}, {"pain": 8}, False, id="function not asked"),
    ],
)
def test_debilitating_pain(yesterday, today, opens):
    records = [entry(1, **yesterday), entry(2, **today)]

    assert ("SEV-DEBIL" in rules(records)) is opens


@pytest.mark.parametrize("lost", ["walking", "sleep", "activity"])
def test_debilitating_pain_looks_no_further_back_than_yesterday(lost):
    records = [entry(1, 7, **{lost: 4}), entry(2, 8), entry(3, 8)]

    assert "SEV-DEBIL" not in rules(records)


def test_debilitating_pain_wants_both_days_on_time():
    late = entry(1, 8, hour=36, sleep=4)

    assert "SEV-DEBIL" not in rules([entry(2, 8), late])
    assert "SEV-DEBIL" in rules([entry(2, 8), entry(1, 8, hour=35.99, sleep=4)])


@pytest.mark.parametrize(
    ("week", "last", "opens"),
    [
        pytest.param([5] * 7, [7, 7, 7], True, id="two points and 40 %"),
        pytest.param([5] * 7, [7, 6, 7], False, id="one of three days lower"),
        pytest.param([8] * 7, [10, 10, 10], False, id="two points but 25 %"),
        pytest.param([3] * 7, [5, 5, 5], True, id="5 exactly"),
        pytest.param([2] * 7, [4, 4, 4], False, id="only 4"),
        pytest.param([2] * 7, [5, 5, 4], False, id="only 4 today"),
        pytest.param([2] * 7, [4, 4, 5], True, id="5 today"),
        pytest.param([6, 6, 7, 7], [9, 9, 9], True, id="6.5: two points and 38 %"),
        pytest.param([6, 7, 7, 7], [9, 9, 9], True, id="6.75: 2.25 points and 33 %"),
        pytest.param([7, 7, 7, 7], [9, 9, 9], False, id="7: two points but 28.6 %"),
    ],
)
def test_worse_than_the_week_before(week, last, opens):
    padded = week + [None] * (7 - len(week))
    records = entries(padded + last)

    assert ("WORSE" in rules(records)) is opens


def test_thirty_percent_is_enough_exactly():
    tens = {"worse_percent": 80}

    assert "WORSE" in rules(entries([5] * 7 + [9, 9, 9]), thresholds=tens)
    assert "WORSE" not in rules(entries([5] * 7 + [9, 9, 9]), thresholds={"worse_percent": 81})


def test_worse_needs_a_valid_week_three_days_ago():
    assert "WORSE" not in rules(entries([3] * 6 + [9] * 3))
    assert "WORSE" in rules(entries([3] * 7 + [9] * 3))


@pytest.mark.parametrize(
    ("levels", "opens"),
    [
        pytest.param([3, 3, 3], False, id="three days"),
        pytest.param([3, 3, 3, 3], True, id="four days"),
        pytest.param([2, 3, 2, 3, 3], False, id="three of five"),
        pytest.param([3, 2, 3, 2, 3, 2, 3], True, id="four of seven"),
        pytest.param([3, 2, 2, 2, 3, 3, 2, 3], False, id="the first has left the week"),
    ],
)
def test_limited_standing_or_walking(levels, opens):
    records = [entry(day, 2, walking=level) for day, level in enumerate(levels, start=1)]

    assert ("FUNC-LIMIT" in rules(records)) is opens


@pytest.mark.parametrize(
    ("yesterday", "today", "opens"),
    [
        pytest.param(4, 4, True, id="both under five minutes"),
        pytest.param(3, 4, False, id="only today"),
        pytest.param(4, 3, False, id="only yesterday"),
        pytest.param(4, None, False, id="did not try today"),
    ],
)
def test_severely_limited(yesterday, today, opens):
    records = [entry(1, 2, standing=yesterday), entry(2, 2, standing=today)]

    assert ("FUNC-SEV" in rules(records)) is opens


def test_severely_limited_wants_both_days_on_time():
    assert "FUNC-SEV" not in rules([entry(1, 2, hour=36, standing=4), entry(2, 2, standing=4)])


@pytest.mark.parametrize(
    ("levels", "opens"),
    [
        pytest.param({"standing": 4, "walking": 4}, False, id="a little"),
        pytest.param({"standing": 5}, True, id="could not stand"),
        pytest.param({"walking": 5, "standing": 0}, True, id="could not walk"),
        pytest.param({}, False, id="did not try"),
    ],
)
def test_unable_to_stand_or_walk(levels, opens):
    assert ("FUNC-UNABLE" in rules([entry(1, 2, **levels)])) is opens


@pytest.mark.parametrize(
    ("floor", "opens"),
    [(None, True), (0, True), (3, True), (4, False), (5, False)],
    ids=["no aid", "floor 0", "floor 3", "floor 4", "floor 5"],
)
def test_levels_up_to_the_floor_do_not_count(floor, opens):
    records = [entry(1, 2, walking=4, standing=0), entry(2, 2, walking=4, standing=0)]

    assert ("FUNC-SEV" in rules(records, patient={"function_floor": floor})) is opens


def test_the_floor_applies_to_standing_and_walking_apart():
    records = [entry(1, 2, walking=3, standing=5)]

    assert "FUNC-UNABLE" in rules(records, patient={"function_floor": 3})


def test_acute_rules_answer_at_once():
    (flag,) = outcome([entry(1, 2, walking=5)]).flags

    assert flag.opened_at.isoformat() == at(1, 21)
    assert flag.date == date(1)


def test_an_entry_for_yesterday_is_evaluated_with_the_latest_day_then_by_its_close():
    records = [entry(2, 2, hour=1), entry(1, 2, hour=30, walking=5)]

    (flag,) = outcome(records).flags

    assert (flag.day, flag.opened_at.isoformat()) == (1, at(2, 12))


def test_entries_before_the_index_date_are_ignored():
    assert rules([entry(0, 2, walking=5), entry(1, 2)]) == set()

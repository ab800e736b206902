"""CC-*, RELAPSE, PEG-DISC and SURG-CONSIDER."""

from __future__ import annotations

import pytest

from tests.tracker.rules.diaries import (
    compress,
    entries,
    entry,
    found,
    intake,
    outcome,
    peg,
    rules,
    session,
)
from tracker.rules.state.weekly_means import percent_fallen

ACTIVE_PLAN = [{"measure": "home_exercise", "sessions_per_week": 3}]


def tried(days: int) -> list[dict]:
    """Enough exercise and heat that care counts as tried."""
    sessions = [session(day) for day in range(1, days + 1) if day % 2]
    return sessions + [compress(day) for day in range(1, days + 1) if day % 2]


def steady(before: int, after: int, days: int = 42) -> list[dict]:
    """`before` in the first week, `after` from then on."""
    return entries([before] * 7 + [after] * (days - 7))


def days_of(records: list[dict], rule: str) -> list[int]:
    return [day for name, _, day in found(records) if name == rule]


def weekly_means_of(*last: int, baseline: int = 6, days: int = 42) -> list[dict]:
    """A steady baseline, then two last weeks with these scores."""
    return entries([baseline] * (days - 14) + [*last, *last])


@pytest.mark.parametrize(
    ("before", "after", "opens"),
    [
        pytest.param(7, 6, True, id="one point and 14 %: no response"),
        pytest.param(7, 5, False, id="two points exactly: escapes"),
        pytest.param(5, 4, True, id="one point and 20 %: no response"),
        pytest.param(10, 9, True, id="10 %: no response"),
        pytest.param(10, 8, False, id="two points of ten, only 20 %: escapes"),
    ],
)
def test_care_fails_on_less_than_two_points_and_less_than_30_percent(before, after, opens):
    records = steady(before, after) + tried(42)

    assert ("CC-FAIL" in rules(records, plan=ACTIVE_PLAN)) is opens


@pytest.mark.parametrize(
    ("week", "opens"),
    [
        # Baseline 6: 30 % is 1.8 points, so the mean must stay above 4.2.
        pytest.param([4, 4, 4, 4, 4, 4, 5], False, id="4.14: more than 30 %"),
        pytest.param([4, 4, 4, 4, 5], False, id="4.2 exactly: escapes"),
        pytest.param([4, 4, 4, 4, 4, 5, 5], True, id="4.29: less than 30 %"),
    ],
)
def test_percentages_are_compared_exactly(week, opens):
    padded = week + [None] * (7 - len(week))
    records = entries([6] * 28 + padded + padded) + tried(42)

    assert ("CC-FAIL" in rules(records, plan=ACTIVE_PLAN)) is opens


@pytest.mark.parametrize(
    ("before", "after", "has_fallen"),
    [
        pytest.param(10, 7, True, id="30 %"),
        pytest.param(1000, 701, False, id="29.9 %"),
        pytest.param(0, 0, False, id="of nothing"),
    ],
)
def test_a_fall_of_30_percent_is_no_less(before, after, has_fallen):
    assert percent_fallen(before, after, 30) is has_fallen


def test_both_weeks_must_agree():
    one_good_week = entries([6] * 28 + [3] * 7 + [6] * 7) + tried(42)

    assert "CC-FAIL" not in rules(one_good_week, plan=ACTIVE_PLAN)


def test_the_week_before_is_the_one_that_ends_where_this_one_begins():
    # W(35) is 4.86, which is no response. A day earlier it was one: 4.0 against 6.
    records = entries([6] * 27 + [0, 5, 5, 5, 5, 4, 4] + [6] * 8) + tried(42)

    assert ("CC-FAIL", "P3", 42) in found(records, plan=ACTIVE_PLAN)


@pytest.mark.parametrize(
    ("day", "opens"), [(41, False), (42, True), (43, True)], ids=["day 41", "day 42", "day 43"]
)
def test_care_is_given_six_weeks(day, opens):
    assert ("CC-FAIL" in rules(steady(6, 6, day) + tried(day), plan=ACTIVE_PLAN)) is opens


def test_a_clinic_may_give_it_longer():
    records = steady(6, 6, 60) + tried(60)
    plans = {"plan": ACTIVE_PLAN, "episode": {"conservative_min_days": 50}}

    assert ("CC-FAIL", "P3", 50) in found(records, **plans)


@pytest.mark.parametrize(
    ("week", "levels", "opens"),
    [
        pytest.param([3] * 7, {}, False, id="3.0: hardly hurts"),
        pytest.param([4, 4, 4, 4, 4, 4, 3], {}, False, id="3.86"),
        pytest.param([4] * 7, {}, True, id="4.0 exactly: still hurts"),
        pytest.param([3] * 7, {"standing": 2}, False, id="hardly hurts, stands for ten minutes"),
        pytest.param([3] * 7, {"standing": 3}, True, id="hardly hurts, cannot stand ten minutes"),
    ],
)
def test_care_fails_only_where_it_still_hurts_or_limits(week, levels, opens):
    records = entries([4] * 7 + [4] * 28 + week, **levels) + tried(42)

    assert ("CC-FAIL" in rules(records, plan=ACTIVE_PLAN)) is opens


@pytest.mark.parametrize(
    ("levels", "opens"),
    [
        pytest.param([3, 3, 3], False, id="three values are too few"),
        pytest.param([2, 2, 3, 3], False, id="median 2.5"),
        pytest.param([2, 3, 3, 3], True, id="median 3 of four"),
        pytest.param([2, 2, 3, 3, 4], True, id="median 3 of five"),
    ],
)
def test_the_median_of_standing_and_walking(levels, opens):
    pains = entries([3] * 35)
    week = [
        each | ({"walking": levels[i]} if i < len(levels) else {})
        for i, each in enumerate(entries(dict.fromkeys(range(36, 43), 3)))
    ]

    assert ("CC-FAIL" in rules(pains + week + tried(42), plan=ACTIVE_PLAN)) is opens


def test_a_zero_baseline_has_no_percentage_but_can_still_fail():
    records = entries([0] * 7 + [4] * 35) + tried(42)

    assert "CC-FAIL" in rules(records, plan=ACTIVE_PLAN)


@pytest.mark.parametrize("day", [1, 4, 7])
def test_the_baseline_is_that_of_the_entries_as_corrected(day):
    correction = entry(day, 9, hour=24 * 20)

    flags = outcome([*steady(6, 6), *tried(42), correction], plan=ACTIVE_PLAN).flags

    (failed,) = (flag for flag in flags if flag.rule == "CC-FAIL")
    assert failed.finding.evidence["baseline"] == round((6 * 6 + 9) / 7, 4)


def test_without_a_baseline_trend_rules_are_silent():
    first_weeks = {1: 6, 2: 6, 14: 6}
    records = entries(first_weeks | dict.fromkeys(range(15, 43), 6)) + tried(42)

    assert not {"CC-FAIL", "CC-EARLY"} & rules(records, plan=ACTIVE_PLAN)


def test_without_a_valid_week_trend_rules_are_silent():
    silent_week = entries([6] * 35 + [6, 6, 6]) + tried(43)

    assert "CC-FAIL" not in rules(silent_week, plan=ACTIVE_PLAN)


def test_a_baseline_may_take_two_weeks():
    first_weeks = {1: 6, 2: 6, 12: 6, 14: 6}
    records = entries(first_weeks | dict.fromkeys(range(15, 43), 6)) + tried(42)

    opened = [f for f in outcome(records, plan=ACTIVE_PLAN).flags if f.rule == "CC-FAIL"]

    assert opened[0].finding.evidence["baseline_days"] == 14


@pytest.mark.parametrize(
    ("logged", "rule", "priority"),
    [
        pytest.param(tried(42), "CC-FAIL", "P3", id="tried"),
        pytest.param([], "CC-NOTTRIED", "P4", id="not tried"),
    ],
)
def test_what_failed_depends_on_whether_care_was_tried(logged, rule, priority):
    assert (rule, priority, 42) in found(steady(6, 6) + logged, plan=ACTIVE_PLAN)


def test_too_few_known_days_are_not_evaluated():
    sparse = entries({day: 6 for day in range(1, 43) if day % 7 < 4})

    opened = found(sparse, plan=ACTIVE_PLAN)

    assert ("CC-INDET", "P4", 42) in opened
    assert not {"CC-FAIL", "CC-NOTTRIED"} & {rule for rule, _, _ in opened}


# CC-EARLY


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        pytest.param([5, 5, 4, 4, 4, 4, 4], False, id="4.29 of 5: 14 % better"),
        pytest.param([5, 5, 4, 4], False, id="4.5 of 5: 10 % exactly"),
        pytest.param([5, 5, 5, 5, 4, 4, 4], True, id="4.57 of 5: under 10 %"),
    ],
)
def test_an_early_look_wants_ten_percent(after, opens):
    padded = after + [None] * (7 - len(after))
    records = entries([5] * 21 + padded[::-1]) + tried(28)

    assert ("CC-EARLY" in rules(records, plan=ACTIVE_PLAN)) is opens


@pytest.mark.parametrize(("day", "opens"), [(27, False), (28, True)], ids=["day 27", "day 28"])
def test_the_early_look_is_on_day_28(day, opens):
    assert ("CC-EARLY" in rules(steady(6, 6, day) + tried(day), plan=ACTIVE_PLAN)) is opens


def test_the_early_look_waits_for_a_valid_week():
    pains = [6] * 21 + [None] * 7 + [6] * 7
    records = entries(pains) + tried(35)

    assert ("CC-EARLY", "P4", 32) in found(records, plan=ACTIVE_PLAN)


def test_the_early_look_shows_the_care_that_it_weighed():
    flags = outcome(steady(6, 6, 28) + tried(28), plan=ACTIVE_PLAN).flags

    (early,) = (flag for flag in flags if flag.rule == "CC-EARLY")
    assert early.finding.evidence["trial"] == "tried"
    assert early.finding.evidence["trial_days_known"] == 28


def test_the_early_look_is_taken_once():
    # No complaint on day 28; bad from day 29 on.
    records = entries([6] * 21 + [1] * 7 + [10] * 7) + tried(35)

    assert "CC-EARLY" not in rules(records, plan=ACTIVE_PLAN)


def test_the_early_look_is_not_taken_again_the_day_after():
    # W(28) is 5.1 against 6, and W(29) would be a complaint.
    records = entries([6] * 21 + [0] + [6] * 7) + tried(29)

    assert "CC-EARLY" not in rules(records, plan=ACTIVE_PLAN)


@pytest.mark.parametrize(
    ("week", "opens"),
    [
        pytest.param([4] * 7, True, id="4.0 exactly: still hurts"),
        pytest.param([4, 4, 4, 4, 4, 4, 3], False, id="3.86"),
    ],
)
def test_the_early_look_asks_whether_it_still_hurts(week, opens):
    records = entries([4] * 21 + week) + tried(28)

    assert ("CC-EARLY" in rules(records, plan=ACTIVE_PLAN)) is opens


def test_the_early_look_ends_after_day_34():
    records = entries([6] * 21 + [None] * 10 + [6] * 5) + tried(36)

    assert "CC-EARLY" not in rules(records, plan=ACTIVE_PLAN)


def test_the_early_look_says_nothing_of_care_not_tried():
    assert "CC-EARLY" not in rules(steady(6, 6, 28), plan=ACTIVE_PLAN)


def test_the_early_flag_ends_when_the_later_one_opens():
    flags = {f.rule: f for f in outcome(steady(6, 6) + tried(42), plan=ACTIVE_PLAN).flags}

    assert flags["CC-EARLY"].cleared_at == flags["CC-FAIL"].opened_at


# RELAPSE


@pytest.mark.parametrize(
    ("weeks", "opens_on"),
    [
        # Of 6, a mean of 4.2 or less is a response.
        pytest.param(
            [[3] * 7, [4, 4, 4, 5, 5, 5, 4], [5, 5, 5, 5, 5, 5, 6]], 28, id="the first of them"
        ),
        pytest.param([[4] * 7, [5] * 7, [3] * 7, [5] * 7], 35, id="the last of them"),
    ],
)
def test_a_relapse_is_measured_from_the_best_of_all_weeks(weeks, opens_on):
    records = entries([6] * 7 + [pain for week in weeks for pain in week])

    assert days_of(records, "RELAPSE") == [opens_on]


def test_a_relapse_is_measured_from_the_best_week_as_it_was_corrected():
    # W(21) becomes 24/7 and W(29) is 38/7, two points more exactly; W(22) is 25/7.
    records = entries([6] * 7 + [5] * 7 + [4] * 7 + [5, 5, 5, 5, 6, 6, 6] + [5])
    correction = entry(21, 0, hour=24 * 8 + 20)

    assert "RELAPSE" not in rules(records)
    assert days_of([*records, correction], "RELAPSE") == [29]


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        pytest.param([5] * 7, True, id="up two points from the best week"),
        pytest.param([5, 5, 5, 5, 5, 5, 4], False, id="up 1.86 points"),
    ],
)
def test_pain_that_comes_back_by_two_points_is_a_relapse(after, opens):
    records = entries([6] * 7 + [3] * 14 + after)

    assert ("RELAPSE" in rules(records)) is opens


@pytest.mark.parametrize(
    ("best", "opens"),
    [
        pytest.param([4, 4, 4, 4, 5], True, id="4.2 of 6: 30 % exactly was a response"),
        pytest.param([4, 4, 4, 4, 4, 5, 5], False, id="4.29 of 6: 28.6 % was none"),
    ],
)
def test_a_relapse_needs_a_response_before(best, opens):
    padded = best + [None] * (7 - len(best))
    records = entries([6] * 7 + padded + [None] * 7 + [9] * 7)

    assert ("RELAPSE" in rules(records)) is opens


def test_a_relapse_needs_pain_of_four():
    assert "RELAPSE" not in rules(entries([5] * 7 + [1] * 14 + [3] * 14))
    assert "RELAPSE" in rules(entries([5] * 7 + [1] * 14 + [4] * 14))


def test_a_response_counts_from_day_14_and_after_a_week():
    # The good week ends on day 13: too early to be called a response.
    assert "RELAPSE" not in rules(entries([9] * 7 + [1] * 6 + [9] * 5))
    # W(14) is good; W(21) can be compared with it, W(20) cannot.
    opened = found(entries([9] * 4 + [5] * 10 + [9] * 14))
    assert [day for rule, _, day in opened if rule == "RELAPSE"] == [21]


# PEG-DISC


@pytest.mark.parametrize("complete_on", [10, 14])
def test_pain_is_compared_from_the_day_on_which_the_baseline_is_complete(complete_on):
    # Late days count in its mean, but it waits for a fourth that is on time.
    late = [entry(day, 10, hour=40) for day in range(1, complete_on - 6)]
    on_time = entries(dict.fromkeys(range(complete_on - 3, complete_on + 1), 3))

    opened = found([*late, *on_time, peg(1, 4, 4, 4), peg(complete_on, 6, 6, 6)])

    assert ("PEG-DISC", "P3", complete_on) in opened


@pytest.mark.parametrize(
    ("newest", "opens"),
    [
        pytest.param((5, 5, 4), False, id="a third of a point under"),
        pytest.param((5, 5, 5), True, id="a point worse exactly"),
        pytest.param((5, 5, 6), True, id="more than a point worse"),
    ],
)
def test_peg_worse_while_pain_fell(newest, opens):
    records = [*entries([6] * 7 + [3] * 14), peg(7, 4, 4, 4), peg(21, *newest)]

    assert ("PEG-DISC" in rules(records)) is opens


@pytest.mark.parametrize(
    ("newest", "after", "opens"),
    [
        pytest.param((7, 7, 7), 7, True, id="30 % better, pain 2 worse exactly"),
        pytest.param((7, 7, 8), 7, False, id="26.7 % better"),
        pytest.param((7, 7, 7), 6, False, id="pain 1 worse"),
    ],
)
def test_peg_better_while_pain_rose(newest, after, opens):
    records = [*entries([5] * 7 + [after] * 14), peg(7, 10, 10, 10), peg(21, *newest)]

    assert ("PEG-DISC" in rules(records)) is opens


@pytest.mark.parametrize(
    ("points", "newest", "opens"),
    [
        pytest.param(2, (5, 6, 6), False, id="5 in the sum, of 6"),
        pytest.param(2, (6, 6, 6), True, id="two points exactly"),
        pytest.param(3, (6, 7, 7), False, id="8 in the sum, of 9"),
    ],
)
def test_how_much_worse_a_peg_must_be_is_told_in_points_of_its_mean(points, newest, opens):
    records = [*entries([6] * 7 + [3] * 14), peg(7, 4, 4, 4), peg(21, *newest)]

    assert ("PEG-DISC" in rules(records, thresholds={"peg_worse_points": points})) is opens


@pytest.mark.parametrize(
    ("second", "third", "opens"),
    [
        pytest.param((7, 7, 7), (6, 6, 6), True, id="worse than the first, better than the second"),
        pytest.param((7, 7, 7), (4, 4, 4), False, id="as the first"),
        pytest.param((2, 2, 2), (4, 4, 4), False, id="as the first, worse than the second"),
    ],
)
def test_the_newest_peg_is_compared_with_the_first(second, third, opens):
    # Pain has fallen by 30 % only from day 13 on, when the third PEG is there.
    pains = entries([6] * 7 + [None] * 3 + [3] * 4)
    records = [*pains, peg(7, 4, 4, 4), peg(8, *second), peg(11, *third)]

    assert ("PEG-DISC" in rules(records)) is opens


@pytest.mark.parametrize(("age", "opens"), [(14, True), (15, False)], ids=["14 days", "15 days"])
def test_only_a_current_peg_is_compared(age, opens):
    # Two days of no pain are a fall of 28.6 %, three on the last day of 42.9 %.
    pains = entries([6] * (10 + age - 3) + [0] * 3)

    opened = found([*pains, peg(1, 4, 4, 4), peg(10, 6, 6, 6)])

    assert (("PEG-DISC", "P3", 10 + age) in opened) is opens


def test_a_zero_peg_has_no_percentage():
    records = [*entries([5] * 7 + [8] * 14), peg(7, 0, 0, 0), peg(21, 0, 0, 0)]

    assert "PEG-DISC" not in rules(records)


# SURG-CONSIDER


def test_surgery_is_considered_when_care_failed_and_pain_is_severe():
    opened = found(steady(7, 7) + tried(42), plan=ACTIVE_PLAN)

    assert ("SURG-CONSIDER", "P2", 42) in opened


def test_surgery_is_not_considered_for_failed_care_alone():
    assert "SURG-CONSIDER" not in rules(steady(6, 6) + tried(42), plan=ACTIVE_PLAN)


def test_surgery_is_considered_whatever_flags_are_open():
    closed = [{"rule": "SEV-SUST", "at": "2026-02-14T12:00:00-05:00"}]

    opened = found(steady(7, 7) + tried(42), plan=ACTIVE_PLAN, closures=closed)

    assert ("SURG-CONSIDER", "P2", 42) in opened


def test_surgery_names_what_is_true():
    records = entries([6] * 42, walking=3) + tried(42)

    flags = {f.rule: f for f in outcome(records, plan=ACTIVE_PLAN).flags}

    assert "FUNC-LIMIT" in flags["SURG-CONSIDER"].finding.explanation
    assert set(flags["SURG-CONSIDER"].finding.evidence) == {"CC-FAIL", "FUNC-LIMIT"}


def test_medicine_as_needed_makes_a_trial_too():
    taken = [intake(day, 8, "ibuprofen", 200) for day in range(1, 43, 2)]
    records = steady(6, 6) + taken + [session(day) for day in range(1, 43, 2)]

    assert "CC-FAIL" in rules(records, plan=ACTIVE_PLAN)

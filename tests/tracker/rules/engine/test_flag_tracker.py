"""Flags open once, clear, cool down, are closed, muted and withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.tracker.rules.diaries import (
    at,
    checklist,
    compress,
    date,
    document,
    entries,
    entry,
    found,
    intake,
    outcome,
    peg,
    rules,
    session,
)
from tracker.rules import LIVE, THRESHOLDS, evaluate, parse_history
from tracker.rules.engine.replay import flag_events
from tracker.rules.history.episodes import Episodes
from tracker.rules.results import Priority
from tracker.rules.rule import RuleResult
from tracker.rules.ruleset import Ruleset


def flag_of(records, rule, **parts):
    return next(f for f in outcome(records, **parts).flags if f.rule == rule)


def days_of(records, rule, **parts):
    return [day for name, _, day in found(records, **parts) if name == rule]


def on_days(rule, *days):
    """The rule as it stands, but true on these days and on no others."""

    def evaluate(context, thresholds):
        if context.number not in days:
            return None
        return RuleResult(priority=Priority(rule.priorities), explanation="It is so.", evidence={})

    return replace(rule, evaluate=evaluate)


def test_a_rule_that_stays_true_keeps_one_flag():
    records = entries([2] * 20, walking=3)

    flag = flag_of(records, "FUNC-LIMIT")

    assert days_of(records, "FUNC-LIMIT") == [4]
    assert flag.latest.evidence["limited_days"] == 7


def test_a_new_flag_was_last_found_true_at_its_opening():
    flag = flag_of([checklist(1, chest_pain="yes")], "RF-CARD")

    assert flag.latest == flag.finding


def test_a_flag_clears_on_the_seventh_false_day():
    # Walking recovers on day 6; on day 8 only three limited days are left in the week.
    records = [*entries([2] * 5, walking=3), *entries(dict.fromkeys(range(6, 20), 2), walking=0)]

    flag = flag_of(records, "FUNC-LIMIT")

    assert flag.cleared_at.isoformat() == at(16, 12)
    assert flag_of([r for r in records if r["date"] < date(15).isoformat()], "FUNC-LIMIT").is_live


def test_days_without_data_neither_count_nor_reset():
    # Day 9 would be the first false day, but nothing is known of walking on days 9-12.
    records = [
        *entries([2] * 5, walking=3),
        *entries(dict.fromkeys(range(6, 9), 2), walking=0),
        *entries(dict.fromkeys(range(9, 13), 2)),
        *entries(dict.fromkeys(range(13, 30), 2), walking=0),
    ]

    assert flag_of(records, "FUNC-LIMIT").cleared_at.isoformat() == at(20, 12)


def test_a_true_day_begins_the_count_again():
    levels = {1: 5, **dict.fromkeys(range(2, 8), 0), 8: 5, **dict.fromkeys(range(9, 17), 0)}
    records = [entry(day, 2, walking=level) for day, level in levels.items()]

    assert flag_of(records, "FUNC-UNABLE").cleared_at.isoformat() == at(16, 12)


def burned(day):
    return [compress(day, skin_reaction=True)]


def twice(day):
    return [
        intake(day, 8, "ibuprofen", 10, product="a"),
        intake(day, 9, "ibuprofen", 10, product="b"),
    ]


@pytest.mark.parametrize(("rule", "happens"), [("TH-BURN", burned), ("MED-DUP", twice)])
def test_what_happens_again_within_the_week_begins_the_count_again(rule, happens):
    calm = entries([2] * 20)

    cached = flag_of([*calm, *happens(1)], rule)
    again = flag_of([*calm, *happens(1), *happens(5)], rule)

    assert cached.cleared_at.isoformat() == at(9, 12)
    assert again.cleared_at.isoformat() == at(13, 12)


@pytest.mark.parametrize(
    ("again_on", "opens_on"),
    [
        pytest.param(14, 17, id="true in the cool-down: opens when that is over"),
        pytest.param(20, 24, id="true long after"),
    ],
)
def test_a_p2_flag_cools_down_for_three_days(again_on, opens_on):
    # False from day 7 on, so the seventh false day is day 13 (C); C + 4 is day 17.
    pains = [7] * 5 + [None] + [2] * 7 + [2] * (again_on - 14)
    pains += [7] * (30 - len(pains))
    records = entries(pains)

    c = flag_of(records, "SEV-SUST").cleared_at

    assert c.isoformat() == at(14, 12)
    first_true = max(opens_on, again_on + 4)
    assert days_of(records, "SEV-SUST") == [5, first_true]


def test_the_cool_down_of_a_p2_flag_ends_on_c_plus_4():
    records = [entry(1, 2, walking=5), *entries(dict.fromkeys(range(2, 9), 2), walking=0)]
    # Cleared with day 8 as the seventh false day; day 11 is held back, day 12 is not.
    held_back = [*records, entry(11, 2, walking=5)]
    free = [*records, entry(12, 2, walking=5)]

    assert days_of(held_back, "FUNC-UNABLE") == [1]
    assert days_of(free, "FUNC-UNABLE") == [1, 12]


def test_the_cool_down_of_a_p4_flag_ends_on_c_plus_15():
    records = [*twice(1), *entries(dict.fromkeys(range(2, 9), 2))]

    assert days_of([*records, *twice(22)], "MED-DUP") == [1]
    assert days_of([*records, *twice(23)], "MED-DUP") == [1, 23]


def test_a_flag_that_another_one_ended_cools_down_from_that_day():
    # True on all days: the other rule ends its flag on day 10, and 14 days later it may open.
    early = on_days(LIVE.by_id["CC-EARLY"], *range(1, 31))
    later = on_days(LIVE.by_id["CC-FAIL"], 10)
    history = parse_history(document([entry(30, 2)]))

    flags = evaluate(history, until=None, ruleset=Ruleset("test", (early, later), THRESHOLDS)).flags

    assert [(flag.rule, flag.day) for flag in flags] == [
        ("CC-EARLY", 1),
        ("CC-FAIL", 10),
        ("CC-EARLY", 25),
    ]
    assert flags[0].cleared_at == flags[1].opened_at


def test_a_more_urgent_finding_breaks_the_cool_down():
    records = [intake(1, 8, "ibuprofen", 1300), *entries(dict.fromkeys(range(2, 9), 2))]
    again = intake(9, 8, "ibuprofen", 1300)
    much = intake(9, 8, "ibuprofen", 3300)

    assert days_of([*records, again], "MED-DOSE") == [1]
    assert days_of([*records, much], "MED-DOSE") == [1, 9]


@pytest.mark.parametrize(
    ("mg", "days"),
    [
        pytest.param(1300, [1], id="as urgent: held back"),
        pytest.param(3300, [1, 3], id="more urgent: opens"),
    ],
)
def test_a_more_urgent_finding_opens_a_flag_that_a_clinician_just_closed(mg, days):
    records = [intake(1, 8, "ibuprofen", 1300), intake(3, 8, "ibuprofen", mg)]
    closures = [{"rule": "MED-DOSE", "at": at(2, 9)}]

    flags = outcome(records, closures=closures).flags

    assert [flag.day for flag in flags if flag.rule == "MED-DOSE"] == days


def test_a_flag_that_only_a_clinician_closes_leaves_no_cool_down():
    """Not even that of a flag that ended before it opened."""
    doses = [(1, 1300), (3, 3300), (4, 1300)]
    records = [intake(day, 8, "ibuprofen", mg) for day, mg in doses]
    closures = [{"rule": "MED-DOSE", "at": at(day, 20)} for day in (1, 3)]

    flags = outcome(records, closures=closures).flags

    assert [flag.day for flag in flags if flag.rule == "MED-DOSE"] == [1, 3, 4]


def test_p1_never_clears_by_itself():
    records = [intake(1, 8, "ibuprofen", 3300), *entries(dict.fromkeys(range(2, 30), 2))]

    assert flag_of(records, "MED-DOSE").is_live


def test_a_flag_that_rose_to_p1_never_clears_by_itself():
    records = [
        intake(1, 8, "ibuprofen", 1300),
        intake(1, 9, "ibuprofen", 2000),
        *entries(dict.fromkeys(range(2, 30), 2)),
    ]

    assert flag_of(records, "MED-DOSE").is_live


def test_a_clinician_closes_a_flag():
    records = [entry(1, 2, walking=5)]
    closure = {"rule": "FUNC-UNABLE", "at": at(2, 9)}

    flag = flag_of(records, "FUNC-UNABLE", closures=[closure])

    assert (flag.closed_at.isoformat(), flag.closed_by_surgery) == (at(2, 9), False)


def test_a_closure_of_nothing_is_nothing():
    closures = [{"rule": "FUNC-UNABLE", "at": at(1, 9)}, {"rule": "SEV-SUST", "at": at(3, 9)}]

    assert flag_of([entry(1, 2, walking=5)], "FUNC-UNABLE", closures=closures).is_live


@pytest.mark.parametrize(
    ("hour", "is_live"),
    [
        pytest.param(11, False, id="closed before"),
        pytest.param(12, False, id="closed at that moment"),
        pytest.param(12.01, True, id="closed later"),
    ],
)
def test_what_a_clinician_closed_is_closed_from_that_moment_on(hour, is_live):
    closure = {"rule": "FUNC-UNABLE", "at": at(3, hour)}

    flag = flag_of([entry(1, 2, walking=5)], "FUNC-UNABLE", closures=[closure], until=2)

    assert flag.is_live is is_live


def test_a_closed_flag_cools_down_from_the_day_it_was_closed():
    records = [entry(d, 2, walking=5) for d in range(1, 12)]

    opened = days_of(records, "FUNC-UNABLE", closures=[{"rule": "FUNC-UNABLE", "at": at(3, 9)}])

    assert opened == [1, 7]


def test_a_closed_p1_opens_again_at_once():
    records = [intake(d, 8, "ibuprofen", 3300) for d in (1, 3)]

    opened = days_of(records, "MED-DOSE", closures=[{"rule": "MED-DOSE", "at": at(2, 9)}])

    assert opened == [1, 3]


# An operation


SURGERY = {"surgery_date": date(10).isoformat()}


def test_an_operation_closes_and_mutes_trend_flags():
    records = entries([9] * 60, walking=4)

    flag = flag_of(records, "SEV-SUST", episode=SURGERY)

    assert (flag.closed_at.isoformat(), flag.closed_by_surgery) == (at(10, 12), True)
    assert days_of(records, "SEV-SUST", episode=SURGERY) == [5, 5]


@pytest.mark.parametrize(
    ("operation", "opens"),
    [
        pytest.param(2, [], id="on the day of the operation"),
        pytest.param(3, [2], id="on the day before it"),
    ],
)
def test_a_trend_flag_is_mute_from_the_day_of_the_operation(operation, opens):
    episode = {"surgery_date": date(operation).isoformat()}

    assert days_of(entries([2] * 2, walking=4), "FUNC-SEV", episode=episode) == opens


def test_six_weeks_are_mute_and_on_the_next_day_all_begins_anew():
    episodes = Episodes(index_day=101, surgery_day=110)

    assert [day for day in range(101, 200) if episodes.is_muted(day)] == list(range(110, 152))
    assert (episodes.of(151).number, episodes.of(152).number) == (1, 2)
    assert episodes.of(152).day_number(152) == 1


def test_what_is_not_muted_stays_open():
    records = [*entries([9] * 60, walking=5), checklist(20, chest_pain="yes")]

    opened = found(records, episode=SURGERY)

    assert flag_of(records, "FUNC-UNABLE", episode=SURGERY).is_live
    assert ("RF-CARD", "P0", 20) in opened
    assert days_of(records, "FUNC-UNABLE", episode=SURGERY) == [1, 1]


def test_a_new_episode_begins_six_weeks_after_the_operation():
    # Day 52 is day 1 of the new episode; the fifth severe day of it is day 5.
    records = entries([9] * 56)
    flags = [f for f in outcome(records, episode=SURGERY).flags if f.rule == "SEV-SUST"]

    assert [(f.episode_no, f.day, f.date) for f in flags] == [(1, 5, date(5)), (2, 5, date(56))]


@pytest.mark.parametrize(
    ("surgery_day", "opens"),
    [
        pytest.param(-41, True, id="42 days ago: the episode begins as planned"),
        pytest.param(-35, False, id="36 days ago: six days are still mute"),
        pytest.param(1, False, id="on the index date"),
    ],
)
def test_an_operation_before_the_episode(surgery_day, opens):
    episode = {"surgery_date": date(surgery_day).isoformat()}

    assert (days_of(entries([9] * 5), "SEV-SUST", episode=episode) == [5]) is opens


@pytest.mark.parametrize(
    ("surgery_day", "episode_no", "opens_on"),
    [
        pytest.param(-41, 1, 5, id="42 days ago: recovery is over"),
        pytest.param(-40, 2, 6, id="41 days ago: one day is left"),
    ],
)
def test_an_episode_that_begins_after_the_recovery_is_the_first(surgery_day, episode_no, opens_on):
    episode = {"surgery_date": date(surgery_day).isoformat()}

    flag = flag_of(entries([9] * 6), "SEV-SUST", episode=episode)

    assert (flag.episode_no, flag.day, flag.date) == (episode_no, 5, date(opens_on))


# Corrections


def test_a_flag_whose_evidence_is_corrected_away_is_withdrawn():
    wrong = entry(1, 2, walking=5)
    right = entry(1, 2, hour=40, walking=1)

    flag = flag_of([wrong, right], "FUNC-UNABLE")

    assert (flag.withdrawn_at.isoformat(), flag.is_live) == (at(1, 40), False)
    assert flag.withdrawn_reason
    assert rules([wrong, right]) == set()


def test_only_a_flag_that_was_withdrawn_has_a_reason_for_it():
    flag = flag_of([entry(1, 2, walking=5)], "FUNC-UNABLE")

    assert (flag.withdrawn_at, flag.withdrawn_reason) == (None, None)


def test_a_correction_of_something_else_withdraws_nothing():
    flagged = entry(1, 2, walking=5)
    corrected = [entry(2, 5), entry(2, 4, hour=40), entry(1, 3, hour=41, walking=5)]

    assert rules([flagged, *corrected]) == {"FUNC-UNABLE"}


def test_a_corrected_treatment_withdraws_nothing_that_the_diary_told():
    wrong = {**compress(1, minutes=60), "id": "u1"}
    right = {**compress(1, minutes=15), "submitted_at": at(2, 8), "replaces": "u1"}

    assert rules([entry(1, 2, walking=5), wrong, right]) == {"FUNC-UNABLE"}


def test_what_was_told_only_after_a_flag_has_no_say_when_it_is_evaluated_again():
    # With the late entry W(42) is 3.4 and hardly hurts; it came after the close.
    records = entries([5] * 7 + [4] * 34)
    care = [each for day in range(1, 42, 2) for each in (session(day), compress(day))]
    later = [entry(42, 0, hour=42), session(42, submitted_at=at(43, 18))]
    correction = entry(41, 4, hour=80, sleep=1)

    told = [*records, *care, *later, correction]

    assert days_of(told, "CC-FAIL") == [42]


@pytest.mark.parametrize(
    ("temperature", "retracted_at"),
    [(38.0, None), (37.9, at(2, 8))],
    ids=["still a fever", "none"],
)
def test_a_corrected_checklist_is_evaluated_by_the_same_numbers(temperature, retracted_at):
    wrong = {**checklist(1, temperature_c=39), "id": "c1"}
    right = {**checklist(1, temperature_c=temperature), "submitted_at": at(2, 8), "replaces": "c1"}

    flag = flag_of([wrong, right], "RF-INF")

    assert (flag.retracted_at and flag.retracted_at.isoformat()) == retracted_at


def test_an_entry_corrected_at_the_very_close_is_evaluated_by_the_close():
    diary = [entry(1, 2, walking=1), {**entry(1, 2, hour=36, walking=5), "id": "e1"}]

    flag = flag_of(diary, "FUNC-UNABLE")

    assert (flag.opened_at.isoformat(), flag.record_id) == (at(2, 12), None)


def test_a_correction_opens_nothing_for_a_day_that_is_closed():
    first = entry(1, 2, walking=1)

    assert rules([first, entry(1, 2, hour=40, walking=5)]) == set()
    assert rules([first, entry(1, 2, hour=30, walking=5)]) == {"FUNC-UNABLE"}


def test_after_a_withdrawal_there_is_no_cool_down():
    records = [
        entry(1, 2, walking=5),
        entry(1, 2, hour=30, walking=0),
        entry(3, 2, walking=5),
    ]

    assert days_of(records, "FUNC-UNABLE") == [3]


def test_a_cleared_flag_can_be_withdrawn():
    records = [
        entry(1, 2, walking=5),
        *entries(dict.fromkeys(range(2, 9), 2), walking=0),
        entry(1, 2, hour=24 * 9, walking=0),
        entry(10, 2, walking=5),
    ]

    first, second = (f for f in outcome(records).flags if f.rule == "FUNC-UNABLE")

    assert (first.withdrawn_at is not None, first.cleared_at) == (True, None)
    assert second.day == 10


def test_red_flags_and_p1_are_shown_as_retracted_instead():
    wrong = {**checklist(1, leg_weakness="yes"), "id": "c1"}
    right = {**checklist(2, leg_weakness="no"), "at": at(1, 8), "submitted_at": at(2, 8)}
    much = {**intake(1, 8, "ibuprofen", 3300), "id": "i1"}
    less = {**intake(1, 8, "ibuprofen", 330), "submitted_at": at(2, 8), "replaces": "i1"}

    flags = outcome([wrong, {**right, "replaces": "c1"}, much, less]).flags

    assert {(f.rule, f.is_live, f.retracted_at.isoformat()) for f in flags} == {
        ("RF-MOTOR", True, at(2, 8)),
        ("MED-DOSE", True, at(2, 8)),
    }


def test_a_corrected_dose_withdraws_and_may_open_at_its_new_time():
    wrong = {**intake(1, 8, "ibuprofen", 1300), "id": "i1"}
    right = {**intake(2, 8, "ibuprofen", 1300), "submitted_at": at(3, 8), "replaces": "i1"}

    flags = outcome([wrong, right]).flags

    assert [(f.day, f.withdrawn_at is None) for f in flags] == [(1, False), (2, True)]


def test_a_corrected_compress_withdraws_its_flag():
    wrong = {**compress(1, skin_reaction=True), "id": "u1"}
    right = {**compress(1), "submitted_at": at(2, 8), "replaces": "u1"}

    assert rules([wrong, right]) == set()


def test_a_corrected_peg_withdraws_its_flag():
    records = [*entries([6] * 7 + [3] * 14), peg(7, 4, 4, 4), peg(18, 6, 6, 6)]
    right = peg(18, 3, 3, 3, submitted_at=at(20, 8))

    assert "PEG-DISC" in rules(records)
    assert "PEG-DISC" not in rules([*records, right])


def test_a_peg_moved_to_another_date():
    records = [*entries([6] * 7 + [3] * 14), peg(7, 4, 4, 4), {**peg(18, 6, 6, 6), "id": "p1"}]
    right = {**peg(2, 6, 6, 6), "submitted_at": at(20, 8), "replaces": "p1"}

    assert "PEG-DISC" not in rules([*records, right])


def test_an_entry_moved_to_another_date_leaves_the_first_one_empty():
    wrong = {**entry(2, 2, hour=8, walking=5), "id": "e1"}
    right = {**entry(1, 2, walking=5), "submitted_at": at(2, 9), "replaces": "e1"}

    opened = outcome([wrong, right]).flags

    assert [(f.day, f.withdrawn_at is None) for f in opened] == [(2, False), (1, True)]


def test_a_correction_evaluates_with_the_records_of_that_time():
    # A late entry after the flag changes the mean; only the correction may take the flag.
    severe = entries([8] * 5)
    correction = entry(5, 8, hour=30, sleep=1)

    assert "SEV-SUST" in rules([*severe, correction])


def test_two_versions_may_share_an_id():
    wrong = {**entry(1, 2, walking=5), "id": "e1"}
    right = {**entry(1, 2, hour=30, walking=0), "id": "e1"}

    assert rules([wrong, right]) == set()


@pytest.mark.parametrize(
    ("worse", "better", "stands"),
    [
        pytest.param({"id": "b"}, {"id": "a"}, True, id="the later id"),
        pytest.param({"id": "a"}, {"id": "b"}, False, id="the later id, which is better"),
        pytest.param({"id": "A"}, {}, True, id="the one with an id"),
        pytest.param({}, {"id": "A"}, False, id="the one with an id, which is better"),
        pytest.param({}, {}, True, id="no ids: by what they say"),
        pytest.param({"id": "a"}, {"id": "a"}, True, id="versions of one record: likewise"),
    ],
)
def test_of_two_entries_of_one_moment_the_same_stands_in_whatever_order_they_came(
    worse, better, stands
):
    told = [entry(1, 2, walking=5) | worse, entry(1, 2, walking=0) | better]

    for records in (told, told[::-1]):
        assert rules(records) == ({"FUNC-UNABLE"} if stands else set())


def test_a_corrected_session_moves():
    wrong = {**session(1, "brace", minutes=60), "id": "s1"}
    right = {**session(2, "injection"), "submitted_at": at(3, 8), "replaces": "s1"}

    assert rules([wrong, right]) == set()


def test_a_second_correction_changes_nothing_more():
    wrong = {**entry(1, 2, walking=5), "id": "e1"}
    right = {**entry(1, 2, hour=30, walking=0), "id": "e1"}
    again = {**entry(1, 3, hour=31, walking=0), "id": "e1"}

    assert rules([wrong, right, again]) == set()


def test_a_corrected_opioid_leaves_its_course():
    course = [intake(day, 8, "tramadol", 50) for day in range(1, 8)]
    wrong = {**intake(8, 8, "tramadol", 50), "id": "i8"}
    twice = intake(7, 20, "tramadol", 50)
    right = {**intake(8, 8, "gabapentin", 50), "submitted_at": at(9, 8), "replaces": "i8"}
    other = {**intake(7, 8, "tramadol", 50), "id": "i7"}
    moved = {**intake(7, 9, "ibuprofen", 50), "submitted_at": at(9, 9), "replaces": "i7"}

    assert "MED-OPI-7" in rules([*course, wrong])
    assert "MED-OPI-7" not in rules([*course, wrong, right])
    assert "MED-OPI-7" in rules([*course[:-1], other, twice, wrong, moved])


def test_a_dose_moved_from_among_others_at_one_time():
    same = [intake(1, 8, "ibuprofen", 600, product=name) for name in "abc"]
    named = [{**each, "id": each["product"]} for each in same]
    right = {**intake(3, 8, "ibuprofen", 600), "submitted_at": at(3, 9), "replaces": "b"}

    assert "MED-DOSE" in rules(named)
    assert "MED-DOSE" not in rules([*named, right])


def test_a_late_day_is_not_the_latest_on_time():
    # The only on-time day moves to a date on which it is late: nothing is left to evaluate.
    wrong = {**entry(3, 2, walking=5), "id": "e1"}
    right = {**entry(1, 2, walking=5), "submitted_at": at(3, 22), "replaces": "e1"}

    assert rules([wrong, right]) == set()


def test_the_clinic_moves_a_threshold():
    records = entries([7] * 3)

    assert days_of(records, "SEV-SUST", thresholds={"severe_days": 3}) == [3]


def test_a_rise_is_printed_with_what_it_rose_from():
    unsure, sure = checklist(1, leg_weakness="unsure"), checklist(2, leg_weakness="yes")
    sure["answers"]["weakness_worsening_fast"] = "yes"
    history = parse_history(document([unsure, sure]))

    shown = [line.as_json() for line in flag_events(history, evaluate(history, until=None))]

    assert [(line["priority"], line.get("raised_from")) for line in shown] == [
        ("P1", None),
        ("P0", "P1"),
    ]


def test_a_rise_names_the_ruleset_that_found_it():
    unsure, sure = checklist(1, leg_weakness="unsure"), checklist(2, leg_weakness="yes")
    sure["answers"]["weakness_worsening_fast"] = "yes"
    history = parse_history(document([unsure, sure]))
    timeline = [(date(1), LIVE), (date(2), replace(LIVE, version="test.2"))]

    result = evaluate(history, until=None, ruleset=timeline)

    (flag,) = result.flags
    (rise,) = flag.raises
    assert (rise.from_priority, rise.to_priority) == ("P1", "P0")
    assert (flag.ruleset, rise.ruleset) == ("2026.1", "test.2")
    assert [line.ruleset for line in flag_events(history, result)] == ["2026.1", "test.2"]


def test_a_rise_of_a_withdrawn_flag_is_printed_as_withdrawn_too():
    # Silence since day 1, with an opioid from day 9 on; but the entry was one for day 2.
    wrong = {**entry(1, 5, hour=32), "id": "e1"}
    right = {**entry(2, 5), "submitted_at": at(10, 13), "replaces": "e1"}
    history = parse_history(document([wrong, intake(9, 8, "tramadol", 50), right]))
    result = evaluate(
        history, until=history.calendar.close(date(9).toordinal()) + timedelta(hours=2)
    )

    shown = [line.as_json() for line in flag_events(history, result, with_withdrawn=True)]

    silent = [line for line in shown if line["rule"] == "DATA-GAP"]
    assert [(line["priority"], line.get("raised_from")) for line in silent] == [
        ("P4", None),
        ("P3", "P4"),
    ]
    assert {line["withdrawn_at"] for line in silent} == {at(10, 13)}


def test_a_withdrawn_flag_is_printed_where_it_is_asked_for():
    history = parse_history(document([entry(1, 2, walking=5), entry(1, 2, hour=30, walking=0)]))
    result = evaluate(history, until=None)

    (line,) = flag_events(history, result, with_withdrawn=True)

    assert line.as_json()["withdrawn_at"] == at(2, 6)
    assert flag_events(history, result) == []

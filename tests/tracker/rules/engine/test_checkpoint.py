"""What a checkpoint carries, where one can be made, and when it is not used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest

from tests.performance.long_diary import long_diary
from tests.tracker.rules.diaries import (
    Document,
    at,
    checklist,
    compress,
    date,
    document,
    entries,
    entry,
    intake,
    medicine,
    peg,
    session,
)
from tests.tracker.rules.engine.resuming import (
    checkpoint_of,
    close_of,
    resumed,
    submitted_after,
)
from tracker.rules import (
    CHECKPOINT_VERSION,
    Checkpoint,
    CheckpointUnusable,
    FlagHistory,
    Outcome,
    evaluate,
    parse_history,
)
from tracker.rules.history.clean_cuts import newest_clean_cut

YEAR = 365


def flag(outcome: Outcome, rule: str) -> FlagHistory:
    [found] = [flag for flag in outcome.flags if flag.rule == rule]
    return found


def opened(outcome: Outcome) -> list[tuple[str, int]]:
    return [(flag.rule, flag.day) for flag in outcome.flags]


# What is carried


def test_a_relapse_is_measured_from_the_best_week_of_a_year_ago():
    pains = [6] * 14 + [2] * 14 + [None] * YEAR + [5] * 7

    found = resumed(entries(pains), 200, 388, until=YEAR + 35)

    evidence = flag(found, "RELAPSE").finding.evidence
    assert (evidence["baseline"], evidence["best_window_mean"]) == (6, 2)


def test_the_last_valid_week_of_months_ago_says_how_severe_silence_is():
    closures = [_closed("DATA-GAP", 100)]

    found = resumed(entries([8] * 28), 101, 112, until=116, closures=closures)

    assert flag(found, "DATA-GAP").finding.evidence["latest_window_mean"] == 8


def test_an_opioid_course_goes_on_over_a_checkpoint():
    doses = [intake(day, 8, "oxycodone", 5) for day in (1, 80, 160, 240, 241, 242, 300, 301)]

    found = resumed(doses, 150, 242, 299, until=302)

    assert flag(found, "MED-OPI-7").finding.evidence["opioid_days"] == 8


def test_an_opioid_course_is_new_after_90_days_before_a_checkpoint():
    doses = [intake(day, 8, "oxycodone", 5) for day in (1, 2, 3, 4, 5, 200, 300, 301, 302)]

    found = resumed(doses, 150, 299, until=302)

    assert "MED-OPI-7" not in [each.rule for each in found.flags]


def test_the_over_the_counter_days_of_a_class_last_taken_a_year_ago_count_anew():
    days = [*range(1, 6), *range(YEAR, YEAR + 11)]
    doses = [intake(day, 8, "naproxen", 220) for day in days]

    found = resumed(doses, 3, 300, YEAR + 4, until=YEAR + 12)

    assert flag(found, "MED-OTC10").day == YEAR + 10


def test_a_second_tablet_within_the_first_hour_is_that_of_today_though_one_was_taken_a_year_ago():
    doses = [intake(1, 8, "naproxen sodium", 220), intake(YEAR, 8, "naproxen sodium", 220)]
    second, third = (intake(YEAR, hour, "naproxen sodium", 220) for hour in (8.5, 9.5))

    found = resumed([*doses, second, third], YEAR - 2, until=YEAR)

    assert [each.at.hour for each in found.advice if each.code == "MED-INT"] == [9]


def test_a_peg_is_compared_with_the_first_of_the_episode():
    pains = [7] * 14 + [3] * (YEAR - 14)
    asked = [peg(3, 4, 4, 4), peg(100, 2, 2, 2), peg(YEAR - 3, 7, 7, 7)]

    found = resumed([*entries(pains), *asked], 150, YEAR - 5, until=YEAR)

    assert flag(found, "PEG-DISC").finding.evidence["peg_baseline"] == 4


def test_an_injection_of_a_year_ago_counts_for_its_episode():
    sessions = [session(day) for day in range(YEAR - 60, YEAR + 1)]
    records = [*entries([6] * YEAR), *sessions, session(50, "injection")]

    found = resumed(records, 250, YEAR - 20, until=YEAR, plan=[_EXERCISE])

    injections = flag(found, "CC-FAIL").latest.evidence["care_injection"]
    assert [each["done"] for each in injections] == [1]


def test_an_injection_before_the_operation_does_not_count_for_the_next_episode():
    records = [*entries([6] * YEAR), session(50, "injection"), session(5, "injection")]
    surgery = {"surgery_date": date(20).isoformat()}

    found = resumed(records, 250, until=YEAR, plan=[_EXERCISE], episode=surgery)

    [injections] = flag(found, "CC-NOTTRIED").latest.evidence["care_injection"]
    assert injections["done"] == 0


def test_a_flag_cools_down_over_a_checkpoint():
    found = resumed(entries([8] * 30), 20, 22, until=28, closures=[_closed("SEV-SUST", 20)])

    assert flag(found, "SEV-SUST").day == 24


def test_days_without_the_condition_are_counted_over_a_checkpoint():
    records = entries([8] * 7 + [1] * 10)

    found = resumed(records, 9, 11, until=17)

    assert flag(found, "SEV-SUST").cleared_at is not None


def test_a_medication_rule_that_was_true_this_morning_is_true_when_the_day_closes():
    # 8:00 on day 9 comes before the close of day 8, at noon.
    doses = [intake(4, 8, "ibuprofen", 2400), intake(9, 8, "ibuprofen", 2400)]
    known = entries(dict.fromkeys(range(2, 20), 2))

    found = resumed([*doses, *known], 8, until=18)

    assert flag(found, "MED-DOSE").cleared_at == close_local(16)


def test_a_flag_carries_how_it_rose_and_what_opened_it():
    doses = [
        {**intake(2, 8, "ibuprofen", 2000), "id": "first"},
        {**intake(2, 10, "ibuprofen", 1500), "id": "second"},
    ]

    found = flag(resumed(doses, 5, 9, until=30), "MED-DOSE")

    assert [str(rise.to_priority) for rise in found.raises] == ["P1"]
    assert (found.record_id, str(found.finding.priority)) == ("first", "P2")


def test_a_retracted_flag_stays_retracted():
    records = [
        {**checklist(2, leg_weakness="yes", weakness_worsening_fast="yes"), "id": "a"},
        {**checklist(2, leg_weakness="no"), "id": "b", "replaces": "a", "submitted_at": at(3)},
    ]

    found = resumed(records, 5, until=9)

    assert flag(found, "RF-MOTOR").retracted_at is not None


def test_a_late_entry_is_compared_with_the_pain_of_its_day_before_a_year_ago():
    late = [entry(6, 7, hour=24 * YEAR), entry(3, 5, hour=24 * YEAR), entry(9, 5, hour=24 * YEAR)]

    found = resumed([entry(5, 4), entry(8, 3), *late], 150, YEAR - 9, until=YEAR + 10)

    assert [each.date for each in found.advice] == [date(6)]


def test_a_late_treatment_makes_a_day_known_that_is_carried():
    sessions = [session(day, submitted_at=at(day + 6)) for day in range(1, 50, 3)]

    resumed([*entries([6] * 80), *sessions], 40, 60, until=80, plan=[_EXERCISE])


def test_corrected_records_since_withdraw_a_flag_opened_since():
    diary = [{**each, "id": str(i)} for i, each in enumerate(entries([8] * 30))]
    calm = [
        {**entry(day, 1, hour=24 * (32 - day)), "id": f"c{day}", "replaces": str(day - 1)}
        for day in range(24, 31)
    ]
    closures = [_closed("SEV-SUST", 21)]

    found = resumed([*diary, *calm], 22, until=31, closures=closures)

    assert flag(found, "SEV-SUST").withdrawn_at is not None


def test_a_flag_opened_since_still_stands_on_the_days_before():
    diary = [{**each, "id": str(i)} for i, each in enumerate(entries([8] * 30), start=1)]
    calm = {**entry(23, 1, hour=24 * 3), "id": "calm", "replaces": "23"}

    found = resumed([*diary, calm], 22, until=31, closures=[_closed("SEV-SUST", 20)])

    assert (flag(found, "SEV-SUST").day, flag(found, "SEV-SUST").withdrawn_at) == (24, None)


def test_sleep_of_the_day_before_a_checkpoint_disables():
    found = resumed([entry(8, 8, sleep=4), entry(9, 8)], 8, until=12)

    assert flag(found, "SEV-DEBIL").day == 9


def test_standing_on_the_day_before_a_checkpoint_is_severe():
    found = resumed([entry(8, 2, standing=4), entry(9, 2, standing=4)], 8, until=12)

    assert flag(found, "FUNC-SEV").day == 9


def test_activity_of_the_day_before_a_checkpoint_disables():
    found = resumed([entry(8, 8, activity=4), entry(9, 8)], 7, 8, until=12)

    assert flag(found, "SEV-DEBIL").day == 9


def test_minutes_in_a_brace_are_added_up_over_a_checkpoint():
    worn = [session(day, "brace", minutes=60) for day in range(1, 43)]
    brace = {"measure": "brace", "minutes_per_day": 60}

    found = resumed([*entries([6] * 42), *worn], 40, until=42, plan=[_EXERCISE, brace])

    assert [each["done"] for each in flag(found, "CC-NOTTRIED").finding.evidence["care_brace"]] == [
        42 * 60
    ]


def test_a_correction_since_leaves_a_flag_of_before_alone():
    """CC-NOTTRIED would not be true with the sessions that were logged after it opened."""
    diary = [each for each in entries([6] * 60) if each["date"] != date(10).isoformat()]
    done = [session(day) for day in range(1, 9)]
    done += [session(day, submitted_at=at(day + 7, 20)) for day in range(36, 43)]
    heat = [compress(day) for day in range(1, 60)]
    late = [
        {**entry(10, 6, hour=24 * 45), "id": "a"},
        {**entry(10, 5, hour=24 * 46), "id": "b", "replaces": "a"},
    ]

    found = resumed([*diary, *done, *heat, *late], 50, until=60, plan=[_EXERCISE])

    assert flag(found, "CC-NOTTRIED").withdrawn_at is None


_EXERCISE = {"measure": "home_exercise", "sessions_per_week": 3}


def _closed(rule: str, day: int) -> Document:
    return {"rule": rule, "at": at(day, 15)}


def close_local(day: int) -> datetime:
    history = parse_history(document([]))
    return history.calendar.local(close_of(day, history))


def test_what_is_packed_is_bounded():
    sizes = [len(checkpoint_of(long_diary(days), days - 1).packed) for days in (120, 10 * YEAR)]

    assert sizes[1] <= 1.5 * sizes[0]


def test_what_is_packed_from_checkpoint_to_checkpoint_is_bounded():
    whole = long_diary(250)
    checkpoint = first = checkpoint_of(whole, 150)
    for day in range(160, 250, 10):
        history = submitted_after(whole, checkpoint.at)
        made = evaluate(history, until=close_of(day, history), since=checkpoint).checkpoint
        assert made is not None
        checkpoint = made

    assert len(checkpoint.packed) <= 1.1 * len(first.packed)


# Where a history can be cut


def cut_day(records: list[Document], *, until: int, **parts: Document) -> int | None:
    history = parse_history(document(records, **parts))
    found = newest_clean_cut(history, close_of(until, history))
    return None if found is None else found.closed_day - date(1).toordinal() + 1


def corrected(by: str, **fields: object) -> list[Document]:
    """A session of day 3, corrected on another day."""
    return [
        {**session(3), "id": "a"},
        {**session(3), "id": "b", "replaces": "a", "submitted_at": by, **fields},
    ]


@pytest.mark.parametrize(
    ("records", "day"),
    [
        pytest.param([session(3)], 9, id="the last close"),
        pytest.param(corrected(at(9)), 9, id="all corrections came before"),
        pytest.param(corrected(at(10, 12)), 9, id="the last came as the day closed"),
        pytest.param(corrected(at(10, 12.01)), 1, id="before the corrected record"),
        pytest.param(
            [{**corrected(at(11))[0], "submitted_at": at(10, 12)}, corrected(at(11))[1]],
            8,
            id="the first came as the day closed",
        ),
        pytest.param([{**session(2), "submitted_at": at(11)}], 9, id="a late first version"),
        pytest.param([entry(3, 4), entry(3, 5, hour=24 * 9)], 2, id="a second entry of a date"),
        pytest.param([entry(3, 4), entry(4, 5, hour=24 * 9)], 9, id="entries of two dates"),
        pytest.param(
            [peg(3, 1, 1, 1), {**peg(3, 2, 2, 2), "submitted_at": at(12)}], 2, id="a second PEG"
        ),
        pytest.param([*corrected(at(12)), entry(1, 4), entry(1, 5, hour=60)], None, id="nowhere"),
    ],
)
def test_a_history_is_cut_where_nothing_is_corrected_across(records, day):
    assert cut_day(records, until=9) == day


def test_no_cut_is_made_where_noons_come_in_the_wrong_order():
    """From Pago Pago to Kiritimati the clocks go forward by 25 hours."""
    change = {"from": date(9).isoformat(), "time_zone": "Pacific/Kiritimati"}
    flight = {"time_zone": "Pacific/Pago_Pago", "time_zones": [change]}

    cuts = [cut_day([], until=day, patient=flight) for day in range(4, 12)]

    assert cuts == [4, 5, 6, 6, 6, 9, 10, 11]


def test_without_a_limit_no_checkpoint_is_made():
    assert evaluate(parse_history(document(entries([5] * 9))), until=None).checkpoint is None


def test_a_checkpoint_is_made_only_where_a_later_day_has_closed():
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)
    rest = submitted_after(whole, checkpoint.at)

    same, later = (
        evaluate(rest, until=checkpoint.at + timedelta(hours=hours), since=checkpoint).checkpoint
        for hours in (23, 24)
    )

    assert same is None
    assert later is not None
    assert later.at == checkpoint.at + timedelta(hours=24)


# When a checkpoint is not used


def resume(checkpoint: Checkpoint, whole: Document) -> Outcome:
    rest = submitted_after(whole, checkpoint.at)
    return evaluate(rest, until=checkpoint.at + timedelta(days=3), since=checkpoint)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param({"version": "0"}, id="another version"),
        pytest.param({"packed": b""}, id="nothing"),
        pytest.param({"packed": bytes(300)}, id="other bytes"),
    ],
)
def test_a_foreign_checkpoint_is_not_used(damaged):
    whole = document(entries([5] * 20))

    with pytest.raises(CheckpointUnusable):
        resume(replace(checkpoint_of(whole, 9), **damaged), whole)


def test_a_checkpoint_with_one_other_byte_is_not_used():
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)
    for position in range(0, len(checkpoint.packed), 7):
        packed = bytearray(checkpoint.packed)
        packed[position] ^= 1

        with pytest.raises(CheckpointUnusable, match="damaged"):
            resume(replace(checkpoint, packed=bytes(packed)), whole)


def test_a_checkpoint_of_another_form_is_not_used():
    whole = document(entries([5] * 20))
    foreign = b"\x93\x01\x02\x03"
    packed = blake2b(foreign, digest_size=16).digest() + foreign

    with pytest.raises(CheckpointUnusable, match="form"):
        resume(replace(checkpoint_of(whole, 9), packed=packed), whole)


@pytest.mark.parametrize("later", [timedelta(microseconds=-1), None])
def test_an_evaluation_does_not_end_before_the_checkpoint_that_it_starts_from(later):
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)
    rest = submitted_after(whole, checkpoint.at)

    with pytest.raises(CheckpointUnusable, match="before"):
        evaluate(rest, until=later and checkpoint.at + later, since=checkpoint)


def test_a_record_that_the_checkpoint_does_not_know_is_noticed():
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)

    with pytest.raises(CheckpointUnusable):
        evaluate(parse_history(whole), until=checkpoint.at, since=checkpoint)


#: What the parts of a document say before and after, by when the change begins.
CHANGES = {
    "zone": lambda day: {
        "patient": {
            "ref": "p1",
            "time_zone": "America/New_York",
            "birth_date": "1976-06-01",
            "time_zones": [{"from": date(day).isoformat(), "time_zone": "America/Chicago"}],
        }
    },
    "plan": lambda day: {"plan": [medicine("ibuprofen", **{"from": date(day).isoformat()})]},
    "excused": lambda day: {
        "episode": {
            "index_date": date(1).isoformat(),
            "excused": [{"from": date(day).isoformat(), "until": date(day + 3).isoformat()}],
        }
    },
    "ruleset": lambda day: {
        "rulesets": [
            {"from": date(1).isoformat(), "version": "2026.1"},
            {
                "from": date(day).isoformat(),
                "version": "2026.1",
                "thresholds": {"severe_pain": 5, "conservative_min_days": 30},
            },
        ]
    },
    "closure": lambda day: {"closures": [_closed("SEV-SUST", day)]},
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_a_clinician_sets_for_later_leaves_a_checkpoint_usable(kind):
    records = entries([8] * 30) + [intake(day, 8, "ibuprofen", 400) for day in range(1, 30)]

    # Day 9 closes at noon of day 10.
    resumed(records, 9, until=29, then=CHANGES[kind](11))


@pytest.mark.parametrize("kind", CHANGES)
def test_what_was_different_by_then_makes_it_unusable(kind):
    whole = document(entries([8] * 30))

    with pytest.raises(CheckpointUnusable):
        resume(checkpoint_of(whole, 9), whole | CHANGES[kind](9))


@pytest.mark.parametrize("until", [15, 19, None])
def test_the_end_of_a_plan_may_move_as_long_as_it_lies_ahead(until):
    then = {"plan": [_planned(until)]}

    resumed(entries([8] * 30), 9, until=29, then=then, plan=[_planned(17)])


@pytest.mark.parametrize("until", [15, 19])
def test_the_end_of_excused_days_may_move_as_long_as_it_lies_ahead(until):
    before, then = (
        {
            "index_date": date(1).isoformat(),
            "excused": [{"from": date(8).isoformat(), "until": date(last).isoformat()}],
        }
        for last in (17, until)
    )

    resumed(entries([8] * 30), 9, until=29, then={"episode": then}, episode=before)


def _planned(until: int | None) -> Document:
    return {"measure": "home_exercise", "until": until and date(until).isoformat()}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"conditions": ["heart_failure"]}, id="condition"),
        pytest.param({"function_floor": 3}, id="floor"),
        pytest.param({"birth_date": "1950-01-01"}, id="birth date"),
        pytest.param({"mme_acknowledged": 50}, id="acknowledged dose"),
    ],
)
def test_a_fact_about_the_patient_holds_for_the_past_too(part):
    whole = document(entries([8] * 30))

    with pytest.raises(CheckpointUnusable, match="setup"):
        resume(checkpoint_of(whole, 9), document(whole["records"], patient=part))


def test_a_checkpoint_said_to_be_of_another_instant_is_not_used():
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)

    with pytest.raises(CheckpointUnusable, match="close"):
        resume(replace(checkpoint, at=checkpoint.at + timedelta(minutes=1)), whole)


def test_a_record_of_a_day_ahead_is_evaluated_by_the_plan_of_that_day():
    ahead = intake(20, 8, "ibuprofen", 3000, submitted_at=at(5))
    whole = document([ahead, *entries([5] * 9)])
    prescribed = medicine("ibuprofen", most=3200, **{"from": date(20).isoformat()})

    first = checkpoint_of(whole, 9)
    second = resume(first, whole).checkpoint
    assert second is not None

    for checkpoint in (first, second):
        with pytest.raises(CheckpointUnusable, match="setup"):
            resume(checkpoint, whole | {"plan": [prescribed]})


def test_a_clock_that_will_go_otherwise_makes_the_close_another_one():
    change = {"from": date(11).isoformat(), "time_zone": "Pacific/Kiritimati"}
    zones = {"time_zone": "Pacific/Pago_Pago"}
    whole = document(entries([8] * 9), patient=zones)
    flown = document(entries([8] * 9), patient=zones | {"time_zones": [change]})

    with pytest.raises(CheckpointUnusable, match="close"):
        resume(checkpoint_of(whole, 9), flown)


@pytest.mark.parametrize(
    "thresholds",
    [
        pytest.param({"conservative_min_days": 300}, id="a longer trial"),
        pytest.param({"response_percent": 20}, id="another response"),
        pytest.param({"relapse_first_day": 20}, id="another first week of it"),
    ],
)
def test_a_later_ruleset_that_looks_back_further_needs_the_whole_history(thresholds):
    whole = document(
        entries([8] * 30), rulesets=[{"from": date(1).isoformat(), "version": "2026.1"}]
    )
    later = {"from": date(15).isoformat(), "version": "2026.1", "thresholds": thresholds}
    changed = whole | {"rulesets": [*whole["rulesets"], later]}

    with pytest.raises(CheckpointUnusable, match="needs"):
        resume(checkpoint_of(whole, 9), changed)


def patched(*records: Document) -> Document:
    """A fentanyl patch on day 100, and records on days since."""
    patch = intake(
        100,
        8,
        "fentanyl",
        route="transdermal",
        ingredients=[{"name": "fentanyl", "mcg_per_hour": 25}],
    )
    return document([patch, *records])


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([compress(102, submitted_at=at(YEAR + 1))], id="heat beside an old patch"),
        pytest.param(
            [compress(YEAR - 26, submitted_at=at(YEAR + 1))],
            id="heat within three days of doses that are no longer carried",
        ),
        pytest.param(
            [
                {**session(YEAR + 1), "id": "a"},
                {**session(102), "submitted_at": at(YEAR + 2), "replaces": "a"},
            ],
            id="a session that was in fact a year ago",
        ),
    ],
)
def test_a_record_of_days_that_are_no_longer_carried_needs_the_whole_history(records):
    whole = patched(*records)

    with pytest.raises(CheckpointUnusable, match="carried"):
        resume(checkpoint_of(whole, YEAR - 1), whole)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(compress(99, submitted_at=at(YEAR + 1)), id="heat before the first patch"),
        pytest.param(compress(102, "cold", submitted_at=at(YEAR + 1)), id="cold"),
        pytest.param(session(102, submitted_at=at(YEAR + 1)), id="logged too late to count"),
        pytest.param(compress(YEAR - 5, submitted_at=at(YEAR + 1)), id="heat lately"),
        pytest.param(entry(102, 5, hour=24 * YEAR), id="a late entry"),
    ],
)
def test_other_old_records_are_evaluated_from_the_checkpoint(record):
    resumed(patched(record)["records"], YEAR - 1, until=YEAR + 9)


def test_the_version_is_said():
    assert checkpoint_of(document(entries([5] * 20)), 9).version == CHECKPOINT_VERSION


def test_an_instant_may_be_written_in_another_zone():
    whole = document(entries([5] * 20))
    checkpoint = checkpoint_of(whole, 9)
    local = parse_history(whole).calendar.local(checkpoint.at)

    assert checkpoint.at.tzinfo is UTC
    assert resume(replace(checkpoint, at=local), whole) == resume(checkpoint, whole)

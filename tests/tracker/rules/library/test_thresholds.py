"""Every threshold just below, at and just above, with nothing else in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.tracker.rules.diaries import (
    checklist,
    compress,
    date,
    entries,
    entry,
    intake,
    medicine,
    peg,
    rules,
    session,
)
from tracker.rules.thresholds import THRESHOLDS, bounds

Records = list[dict[str, Any]]
#: Records, or records with a plan, an episode, a patient or thresholds.
Made = Records | tuple[Records, dict[str, Any]]


@dataclass(frozen=True)
class Edge:
    """A rule that opens or not as one number moves across its threshold."""

    rule: str
    make: Callable[[Any], Made]
    #: What is looked at, in words -> (the number, whether the rule opens).
    table: dict[str, tuple[Any, bool]]


def edge(rule: str, make: Callable[[Any], Made], below: tuple, at: tuple, *above: tuple) -> Edge:
    labels = ("just below", "at", "just above")
    return Edge(rule, make, dict(zip(labels, (below, at, *above), strict=False)))


def upwards(rule: str, make: Callable[[Any], Made], *values: Any) -> Edge:
    """It opens from the threshold on; the scale may end there."""
    below, at, *above = values
    return edge(rule, make, (below, False), (at, True), *((each, True) for each in above))


def downwards(rule: str, make: Callable[[Any], Made], below: Any, at: Any, above: Any) -> Edge:
    """It opens below the threshold only: equality escapes."""
    return edge(rule, make, (below, True), (at, False), (above, False))


def up_to(rule: str, make: Callable[[Any], Made], below: Any, at: Any, above: Any) -> Edge:
    """It opens up to the threshold and at it."""
    return edge(rule, make, (below, True), (at, True), (above, False))


def exercises(days: int = 42) -> Records:
    return [session(day) for day in range(1, days + 1, 2)]


def warmth(days: int = 42) -> Records:
    return [compress(day) for day in range(1, days + 1, 2)]


def tried(pains: list[int | None], **fields: Any) -> Records:
    """A diary beside care that counts as tried."""
    return [*entries(pains, **fields), *exercises(len(pains)), *warmth(len(pains))]


def week(total: int) -> list[int]:
    """Seven scores with this sum."""
    low, more = divmod(total, 7)
    return [low + 1] * more + [low] * (7 - more)


def with_care(*care: dict[str, Any], days: int = 42, pain: int = 6, **parts: Any) -> Made:
    """Six weeks of pain, exercise, and what is tried beside it."""
    return [*entries([pain] * days), *exercises(days), *care], parts


def active(*sessions: dict[str, Any], **parts: Any) -> Made:
    """Six weeks of pain and warmth, and what is tried as active care."""
    return [*entries([6] * 42), *warmth(), *sessions], parts


def of_age(records: Records, age: int) -> Made:
    return records, {"patient": {"birth_date": date(1).replace(year=2026 - age).isoformat()}}


def planned(*measures: dict[str, Any]) -> dict[str, Any]:
    return {"plan": list(measures)}


def four_a_week(total: int) -> Records:
    """Fives, then five weeks of four entries each with this sum."""
    low, more = divmod(total, 4)
    scores = [low + 1] * more + [low] * (4 - more)
    return tried([5] * 7 + [None, None, None, *scores] * 5, walking=3)


def first_valid_week(day: int) -> Records:
    return entries(dict.fromkeys([*range(1, 8), *range(day - 3, day + 1)], 6))


def only_response_on(day: int) -> Records:
    low = dict.fromkeys([day - 6, day - 2, day - 1, day], 2)
    return entries(dict.fromkeys(range(1, 8), 8) | low | dict.fromkeys(range(30, 37), 8))


def relapse_after(days: int) -> Records:
    low = dict.fromkeys([8, 12, 13, 14], 2)
    return entries(dict.fromkeys(range(1, 8), 8) | low | dict.fromkeys(range(15, 15 + days), 8))


def peg_of_age(days: int) -> Records:
    newest = dict.fromkeys(range(5 + days, 9 + days), 4)
    diary = entries(dict.fromkeys(range(1, 8), 6) | newest)
    return [*diary, peg(1, 5, 5, 5), peg(8, 6, 6, 6)]


def known(days: int) -> Made:
    """Of the twenty days 2 to 21, so many are known."""
    baseline = {11: [1, 2, 3, 4], 12: [2, 3, 4, 5], 13: [2, 3, 4, 5, 6]}[days]
    diary = entries(dict.fromkeys([*baseline, 8, 9, 10, 11, 18, 19, 20, 21], 6))
    return diary, {"episode": {"conservative_min_days": 20}}


def relieved(days: int) -> Made:
    tablets = [intake(day, 9, "ibuprofen") for day in range(1, days + 1)]
    return with_care(*tablets, days=40, episode={"conservative_min_days": 40})


def scheduled(doses: int) -> Made:
    tablets = [intake(day, 9, "naproxen", prescribed=True) for day in range(1, doses + 1)]
    plan = [medicine("naproxen", doses_per_day=1)]
    return with_care(*tablets, days=40, plan=plan, episode={"conservative_min_days": 40})


def painful(pain: int) -> Made:
    tablets = [intake(day, 9, "ibuprofen") for day in range(1, 43)]
    return [*entries([pain] * 42, walking=3), *exercises(), *tablets]


def warm_weeks(weeks: int, days: int) -> Made:
    used = [compress(7 * w + d) for w in range(weeks) for d in range(1, days + 1)]
    return with_care(*used)


def braced(last_minutes: int) -> Made:
    worn = [session(day, "brace", minutes=60) for day in range(1, 21)]
    worn.append(session(21, "brace", minutes=last_minutes))
    return with_care(*worn, **planned({"measure": "brace", "minutes_per_day": 60}))


def visits(number: int) -> Made:
    held = [session(day, "physical_therapy") for day in range(1, number + 1)]
    return active(*held, **planned({"measure": "home_exercise"}))


def home_sessions(number: int) -> Made:
    held = [session(day) for day in range(1, number + 1)]
    return active(*held, **planned({"measure": "home_exercise", "sessions_per_week": 5}))


def weekly_by_default(weekly: int) -> Made:
    held = [session(day) for day in range(1, 19)]
    changed = {"default_sessions_per_week": weekly, "active_percent": 100}
    return active(*held, thresholds=changed)


def inflamed(answers: int, onset: str = "2025-01-01") -> Made:
    asked = ["onset_before_40", "insidious_onset", "better_with_exercise"]
    asked += ["not_better_with_rest", "night_pain_better_on_rising"]
    given = checklist(1, **dict.fromkeys(asked[:answers], "yes"))
    return [given], {"episode": {"onset_date": onset}}


def worse_by(percent: int) -> Made:
    return entries([8] * 7 + [10] * 3), {"thresholds": {"worse_percent": percent}}


EDGES: dict[str, Edge] = {
    "conservative_min_days": upwards("CC-FAIL", lambda days: tried([6] * days), 41, 42, 43),
    "early_first_day": upwards("CC-EARLY", lambda days: tried([6] * days), 27, 28, 29),
    "early_last_day": up_to("CC-EARLY", first_valid_week, 33, 34, 35),
    "response_points": downwards(
        "CC-FAIL", lambda fallen: tried([8] * 7 + week(56 - fallen) * 5), 13, 14, 15
    ),
    "response_percent": edge("CC-FAIL", four_a_week, (13, False), (14, False), (15, True)),
    "early_percent": downwards(
        "CC-EARLY", lambda fallen: tried([10] * 7 + week(70 - fallen) * 3), 6, 7, 8
    ),
    "still_hurts": upwards("CC-FAIL", lambda total: tried([5] * 7 + week(total) * 5), 27, 28, 29),
    "limiting_level": upwards("CC-FAIL", lambda level: tried([3] * 42, walking=level), 2, 3, 4),
    "relapse_points": upwards(
        "RELAPSE", lambda risen: entries([6] * 7 + [3] * 14 + week(21 + risen)), 13, 14, 15
    ),
    "relapse_first_day": upwards("RELAPSE", only_response_on, 13, 14, 15),
    "relapse_gap_days": upwards("RELAPSE", relapse_after, 6, 7, 8),
    "peg_worse_points": upwards(
        "PEG-DISC",
        lambda more: [*entries([6] * 7 + [4] * 8), peg(1, 5, 5, 5), peg(14, 5, 5, 5 + more)],
        2,
        3,
        4,
    ),
    "peg_better_percent": upwards(
        "PEG-DISC",
        lambda less: [*entries([5] * 7 + [7] * 8), peg(1, 10, 10, 10), peg(14, 10, 10, 10 - less)],
        8,
        9,
        10,
    ),
    "peg_max_age_days": up_to("PEG-DISC", peg_of_age, 13, 14, 15),
    "severe_pain": upwards("SEV-SUST", lambda pain: entries([pain] * 5), 6, 7, 8),
    "severe_days": upwards("SEV-SUST", lambda days: entries([7] * days), 4, 5, 6),
    "disabling_pain": upwards("SEV-DEBIL", lambda pain: entries([pain] * 2, sleep=4), 7, 8, 9),
    "disabling_function": upwards("SEV-DEBIL", lambda fn: entries([8] * 2, walking=fn), 3, 4, 5),
    "disabling_sleep": upwards("SEV-DEBIL", lambda level: entries([8] * 2, sleep=level), 3, 4),
    "disabling_activity": upwards(
        "SEV-DEBIL", lambda level: entries([8] * 2, activity=level), 3, 4
    ),
    "worse_points": upwards(
        "WORSE", lambda risen: entries([*week(49 - risen), 7, 7, 7]), 13, 14, 15
    ),
    "worse_percent": up_to("WORSE", worse_by, 24, 25, 26),
    "worse_pain": upwards("WORSE", lambda pain: entries([2] * 7 + [pain] * 3), 4, 5, 6),
    "function_limited": upwards("FUNC-LIMIT", lambda fn: entries([1] * 4, walking=fn), 2, 3, 4),
    "function_limited_days": upwards(
        "FUNC-LIMIT", lambda days: entries([1] * days, standing=3), 3, 4, 5
    ),
    "function_severe": upwards("FUNC-SEV", lambda fn: entries([1] * 2, standing=fn), 3, 4, 5),
    "fracture_age": upwards(
        "RF-FX", lambda age: of_age([checklist(1, minor_trauma="yes")], age), 69, 70, 71
    ),
    "fever_c": upwards("RF-INF", lambda c: [checklist(1, temperature_c=c)], 37.9, 38.0, 38.1),
    "night_pain_age": upwards(
        "RF-CA2", lambda age: of_age([checklist(1, night_pain_unrelenting="yes")], age), 50, 51, 52
    ),
    "inflammatory_months": upwards(
        "RF-IBP", lambda onset: inflamed(4, onset), "2025-10-06", "2025-10-05", "2025-10-04"
    ),
    "inflammatory_answers": upwards("RF-IBP", inflamed, 3, 4, 5),
    "risk_age": upwards(
        "MED-NSAID-RISK", lambda age: of_age([intake(1, 8, "ibuprofen")], age), 64, 65, 66
    ),
    "otc_days": upwards(
        "MED-OTC10",
        lambda days: [intake(day, 8, "ibuprofen") for day in range(1, days + 1)],
        10,
        11,
        12,
    ),
    "mme_caution": upwards("MED-MME50", lambda mg: [intake(1, 8, "morphine", mg)], 49.9, 50, 50.1),
    "mme_high": upwards("MED-MME90", lambda mg: [intake(1, 8, "morphine", mg)], 89.9, 90, 90.1),
    "opioid_course_days": edge(
        "MED-OPI-7",
        lambda days: [intake(day, 8, "tramadol") for day in range(1, days + 1)],
        (6, False),
        (7, False),
        (8, True),
    ),
    "silent_days": upwards("DATA-GAP", lambda days: [entry(1, 5), session(1 + days)], 6, 7, 8),
    "known_percent": downwards("CC-INDET", known, 11, 12, 13),
    "active_percent": upwards("CC-FAIL", home_sessions, 17, 18, 19),
    "default_sessions_per_week": up_to("CC-FAIL", weekly_by_default, 2, 3, 4),
    "therapy_visits": upwards("CC-FAIL", visits, 5, 6, 7),
    "scheduled_percent": upwards("CC-FAIL", scheduled, 31, 32, 33),
    "as_needed_percent": upwards("CC-FAIL", relieved, 19, 20, 21),
    "as_needed_pain": upwards("CC-FAIL", painful, 3, 4, 5),
    "thermal_days_per_week": upwards("CC-FAIL", lambda days: warm_weeks(6, days), 2, 3, 4),
    "thermal_weeks": upwards("CC-FAIL", lambda weeks: warm_weeks(weeks, 3), 3, 4, 5),
    "manual_sessions": upwards(
        "CC-FAIL",
        lambda number: with_care(*(session(day, "massage") for day in range(1, number + 1))),
        3,
        4,
        5,
    ),
    "brace_percent": upwards("CC-FAIL", braced, 59, 60, 61),
    "injection_days": upwards(
        "CC-FAIL", lambda ago: with_care(session(42 - ago, "injection")), 13, 14, 15
    ),
}
#: These ask for the end of their scale.
AT_THE_TOP = {"disabling_sleep", "disabling_activity"}


def test_every_threshold_has_its_edge():
    assert EDGES.keys() == bounds().keys()


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_is_looked_at_from_both_sides(name):
    edge = EDGES[name]

    assert len(edge.table) == (2 if name in AT_THE_TOP else 3)
    assert {opens for _, opens in edge.table.values()} == {True, False}
    assert getattr(THRESHOLDS, name) <= bounds()[name].high


@pytest.mark.parametrize(
    ("edge", "value", "opens"),
    [
        pytest.param(edge, value, opens, id=f"{name}, {label}: {edge.rule} at {value}")
        for name, edge in EDGES.items()
        for label, (value, opens) in edge.table.items()
    ],
)
def test_a_rule_at_the_edge_of_its_threshold(edge, value, opens):
    made = edge.make(value)
    records, parts = made if isinstance(made, tuple) else (made, {})

    assert (edge.rule in rules(records, **parts)) is opens

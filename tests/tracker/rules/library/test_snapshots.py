"""What a clinician and a patient read of every rule, to the letter.

snapshots/ holds one file for each example: read it when it changes. To write them anew:
`python -m tests.tracker.rules.library.test_snapshots`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.rules.diaries import (
    checklist,
    compress,
    document,
    entries,
    entry,
    intake,
    medicine,
    peg,
    session,
)
from tracker.rules import LIVE, Finding, evaluate, parse_history

Document = dict[str, Any]
SNAPSHOTS = Path(__file__).with_name("snapshots")
EXERCISES = [session(day) for day in range(1, 50, 2)]
WARMTH = [compress(day) for day in range(1, 50, 2)]
FRAIL = {"birth_date": "1950-06-01", "conditions": ["osteoporosis", "known_aortic_aneurysm"]}
ILL = {"conditions": ["dialysis", "heart_failure", "long_term_steroid"], "birth_date": None}


def patch(day: int, name: str, rate: float) -> Document:
    dose = {"name": name, "mcg_per_hour": rate}
    return intake(day, 8, name, ingredients=[dose], route="transdermal")


EXAMPLES: dict[str, Document] = {
    "red flags, yes": document(
        [
            checklist(1, saddle_numbness="yes", bladder_change="unsure", leg_weakness="yes"),
            checklist(2, major_trauma="yes", fever_or_rigors="yes", temperature_c=38.5),
            checklist(3, new_pain_after_cancer="yes", weight_loss="yes", collapse="yes"),
            checklist(4, chest_pain="yes", gi_bleeding="yes", faint="yes", hard_to_wake="yes"),
        ]
    ),
    "red flags, unsure": document([checklist(1, sexual_change="unsure", leg_weakness="unsure")]),
    "red flags, worse within hours": document(
        [
            checklist(
                1, leg_weakness="yes", weakness_worsening_fast="yes", both_legs_symptoms="yes"
            ),
            checklist(2, major_trauma="yes", new_pain_after_cancer="yes", bowel_change="yes"),
        ]
    ),
    "red flags, old and frail": document(
        [
            checklist(
                1, minor_trauma="yes", night_pain_unrelenting="yes", sudden_severe_pain="yes"
            ),
            checklist(2, gi_bleeding="yes", breathless_or_sweating="yes", slow_breathing="yes"),
        ],
        patient=FRAIL,
    ),
    "red flags, a way in": document([checklist(1, feeling_ill="yes")], patient=ILL),
    "red flags, inflammatory": document(
        [
            checklist(
                1,
                onset_before_40="yes",
                insidious_onset="yes",
                better_with_exercise="yes",
                not_better_with_rest="yes",
            )
        ],
        episode={"onset_date": "2025-09-30"},
    ),
    "severe and limited": document(
        [*entries([7, 7, 7, 8, 8], walking=4, sleep=4, activity=3), entry(6, 9, standing=5)],
        patient={"function_floor": 1},
    ),
    "severe with gaps": document(entries([7, None, 7, 7, 7, 7], standing=3)),
    "debilitating, and much unknown": document(
        [entry(1, 8, standing=4, activity=1), entry(2, 9, sleep=2)]
    ),
    "limited, and all is known": document(
        [entry(day, 2, walking=level) for day, level in enumerate([2, 1, 0, 3, 4, 3, 5], start=1)]
    ),
    "worse": document(entries([5, 5, 5, None, 5, 5, 5, 8, 7, 8])),
    "care that failed": document(
        [*entries([6] * 49, walking=3), *EXERCISES, *WARMTH],
        plan=[{"measure": "home_exercise", "sessions_per_week": 3}],
    ),
    "care that failed after a better week": document(
        [*entries([6] * 27 + [0, 5, 5, 5, 5, 4, 4] + [6] * 8), *EXERCISES[:21], *WARMTH[:21]]
    ),
    "care that failed, and severe": document([*entries([8] * 42), *EXERCISES, *WARMTH]),
    "care of every kind": document(
        [
            *entries([6] * 42),
            *(session(day, "physical_therapy") for day in (2, 9, 16)),
            *(session(day, "massage") for day in (3, 10)),
            *(session(day, "brace", minutes=45) for day in range(1, 20)),
            *(intake(day, 8, "naproxen", 250, prescribed=True) for day in range(1, 30)),
            *(compress(day) for day in range(1, 24)),
            session(20, "injection"),
        ],
        plan=[
            {"measure": "physical_therapy", "sessions_per_week": 2},
            {"measure": "home_exercise", "until": "2026-01-18"},
            {"measure": "brace", "minutes_per_day": 120},
            medicine("naproxen", doses_per_day=1),
            medicine("hydrocodone", doses_per_day=2)
            | {"ingredients": [{"name": "hydrocodone"}, {"name": "acetaminophen"}]},
        ],
    ),
    "care not tried": document(
        entries([6, 6, 6, None, 6, 6] * 7), episode={"conservative_min_days": 21}
    ),
    "care unknown": document(
        entries([6] * 7 + [None] * 17 + [6, 6, 6, None, 6, 6, 6] * 3),
        episode={"conservative_min_days": 42},
    ),
    "little change": document([*entries([6] * 28, walking=2), *EXERCISES[:14], *WARMTH[:14]]),
    "relapse": document(entries([6] * 7 + [2] * 14 + [5] * 14)),
    "PEG worse, pain better": document(
        [*entries([6] * 7 + [4] * 8), peg(1, 5, 5, 5), peg(14, 6, 6, 6)]
    ),
    "PEG better, pain worse": document(
        [*entries([5] * 7 + [7] * 8), peg(1, 9, 9, 9), peg(14, 5, 6, 7)]
    ),
    "PEG worse, the third time": document(
        [
            *entries([6] * 7 + [None] * 4 + [4] * 4),
            peg(1, 4, 5, 5),
            peg(8, 8, 8, 9),
            peg(11, 6, 6, 7),
        ]
    ),
    "silence": document([*entries([8] * 8), session(16)]),
    "silence, with an opioid": document([session(8)], plan=[medicine("oxycodone")]),
    "too much of one": document(
        [
            intake(1, 8, "ibuprofen", 1201, product="Advil"),
            intake(2, 8, "naproxen sodium", 661, product="Aleve"),
            intake(3, 8, "acetaminophen", 4001, product="Tylenol"),
        ]
    ),
    "too much, prescribed": document(
        [
            intake(1, 8, "ibuprofen", 1300, product="Advil"),
            intake(1, 9, "ibuprofen", 1300, product="Motrin"),
            intake(1, 10, "turmeric", 500),
        ],
        plan=[medicine("ibuprofen", most=2400)],
        patient={"birth_date": None},
    ),
    "two pain relievers": document(
        [
            intake(1, 8, "ibuprofen", 200),
            intake(1, 9, "aspirin", 325),
            intake(1, 10, "warfarin", 5),
        ],
        patient=ILL,
    ),
    "two at once too much": document(
        [
            intake(1, 8, "ibuprofen", 1201, product="Advil"),
            intake(1, 9, "acetaminophen", 4001, product="Tylenol"),
            intake(1, 10, "turmeric", 500),
        ]
    ),
    "two at once twice": document(
        [
            intake(
                1,
                hour,
                product,
                ingredients=[
                    {"name": "ibuprofen", "mg": 125},
                    {"name": "acetaminophen", "mg": 250},
                    {"name": "turmeric", "mg": 1},
                ],
            )
            for hour, product in ((8, "Advil Dual Action"), (9, "Combogesic"))
        ]
    ),
    "an old patient with two blood thinners": document(
        [
            intake(1, 8, "warfarin", 5),
            intake(1, 9, "clopidogrel", 75),
            intake(1, 10, "ibuprofen", 200),
        ],
        patient={"birth_date": "1950-06-01"},
    ),
    "pregnant": document(
        [intake(1, 8, "naproxen", 250)], patient={"conditions": ["pregnancy_20_weeks"]}
    ),
    "eleven days": document([intake(day, 8, "acetaminophen", 325) for day in range(1, 12)]),
    "eleven days of two": document(
        [
            intake(
                day,
                8,
                "Advil Dual Action",
                ingredients=[
                    {"name": "ibuprofen", "mg": 125},
                    {"name": "acetaminophen", "mg": 250},
                ],
            )
            for day in range(1, 12)
        ]
    ),
    "opioids": document(
        [
            intake(1, 8, "oxycodone", 40),
            intake(1, 9, "morphine", 30, route="rectal"),
            intake(1, 10, "diazepam", 5),
            intake(1, 11, "gabapentin", 300),
            patch(1, "buprenorphine", 10),
            patch(2, "fentanyl", 25),
        ],
        patient={"mme_acknowledged": 20},
    ),
    "opioids, a high dose": document([intake(1, 8, "oxycodone", 60), patch(1, "buprenorphine", 5)]),
    "opioids, eight days": document([intake(day, 8, "tramadol", 50) for day in range(1, 9)]),
    "burned": document([compress(1, "cold", skin_reaction=True)]),
    "burned, nobody knows how long": document([compress(1, minutes=None, skin_reaction=True)]),
}


def snapshot(example: Document) -> list[Document]:
    """Every finding at which a flag opened or rose, and all that the patient read."""
    outcome = evaluate(parse_history(example), until=None)
    findings = [
        (at, finding)
        for flag in outcome.flags
        for at, finding in [
            (flag.opened_at, flag.finding),
            *((r.at, r.finding) for r in flag.raises),
        ]
    ]
    told = [_finding(finding) for _, finding in sorted(findings, key=lambda f: (f[0], f[1].rule))]
    read = [f"{advice.urgency}: {advice.code}: {advice.text}" for advice in outcome.advice]
    return [*told, {"the patient reads": sorted(set(read))}]


def _finding(finding: Finding) -> Document:
    return {
        "rule": f"{finding.rule} {finding.priority}",
        "explanation": finding.explanation,
        "evidence": finding.evidence,
        "missing": list(finding.missing),
    }


def path_of(name: str) -> Path:
    return SNAPSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.json"


def stored(name: str) -> list[Document]:
    return json.loads(path_of(name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_reads_as_in_its_snapshot(name):
    assert json.loads(json.dumps(snapshot(EXAMPLES[name]))) == stored(name)


def test_every_rule_is_in_a_snapshot():
    shown = {finding["rule"].split()[0] for name in EXAMPLES for finding in stored(name)[:-1]}

    assert shown == {rule.id for rule in LIVE.rules}


def test_every_snapshot_belongs_to_an_example():
    assert set(SNAPSHOTS.iterdir()) == {path_of(name) for name in EXAMPLES}


if __name__ == "__main__":
    for name, example in EXAMPLES.items():
        text = json.dumps(snapshot(example), indent=1, ensure_ascii=False)
        path_of(name).write_text(text + "\n", encoding="utf-8")

"""Histories near every edge: scores, times, doses and plans drawn from their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.tracker.rules.diaries import at, date, document, entry, medicine, peg

Document = dict[str, Any]
#: Hours from the start of the day: on time, at the edges of late, and too late.
HOURS = [1, 21, 21, 21, 21, 21, 35.99, 36, 40, 71.99, 72, 80]
DOSES = [
    ("Advil", "ibuprofen", 400),
    ("Advil", "ibuprofen", 1200),
    ("Motrin", "ibuprofen", 3200),
    ("Aleve", "naproxen sodium", 220),
    ("Aleve", "naproxen sodium", 660),
    ("Naprosyn", "naproxen", 500),
    ("Tylenol", "acetaminophen", 1000),
    ("tylenol", "acetaminophen", 4000),
    ("Aspirin", "aspirin", 50),
    ("Aspirin", "aspirin", 325),
    ("Percocet", "oxycodone", 10),
    ("OxyContin", "oxycodone", 60),
    ("Ultram", "tramadol", 250),
    ("Valium", "diazepam", 5),
    ("Neurontin", "gabapentin", 300),
    ("Xarelto", "rivaroxaban", 20),
    ("Deltasone", "prednisone", 10),
    ("Herb", "turmeric", 500),
]
PLANS: list[list[Document]] = [
    [],
    [{"measure": "home_exercise", "sessions_per_week": 3}],
    [{"measure": "home_exercise"}, {"measure": "physical_therapy", "sessions_per_week": 2}],
    [{"measure": "physical_therapy", "waived": "unavailable"}],
    [{"measure": "home_exercise", "sessions_per_week": 3}, medicine("naproxen", doses_per_day=2)],
    [medicine("ibuprofen", most=2400, doses_per_day=None), medicine("oxycodone")],
    [medicine("naproxen", waived="not_tolerated"), {"measure": "home_exercise"}],
    [medicine("naproxen", waived="unavailable"), medicine("acetaminophen", most=3000)],
    [medicine("aspirin", prescribed=False), medicine("rivaroxaban", doses_per_day=1)],
]


def hard_history(chance: Random, lengths: Sequence[int] = (10, 20, 40, 50, 70, 100)) -> Document:
    days = chance.choice(lengths)
    parts: Document = {
        "plan": chance.choice(PLANS),
        "patient": {
            "birth_date": chance.choice(["1976-06-01", "1961-01-20", "1961-03-01"]),
            "conditions": chance.sample(
                ["heart_failure", "pregnancy_20_weeks", "long_term_opioid"],
                chance.choice([0, 0, 1]),
            ),
            "function_floor": chance.choice([None, None, 0, 2, 3]),
            "mme_acknowledged": chance.choice([None, None, 50, 89.5, 90]),
        },
        "episode": {},
    }
    if chance.random() < 0.25:
        parts["episode"]["surgery_date"] = date(chance.randint(-50, days)).isoformat()
    if chance.random() < 0.4:
        parts["episode"]["conservative_min_days"] = chance.choice([14, 21, 28, 30])
    if chance.random() < 0.2:
        first = chance.randint(1, days)
        parts["episode"]["excused"] = [
            {"from": date(first).isoformat(), "until": date(first + 5).isoformat()}
        ]
    rules = ["SEV-SUST", "CC-FAIL", "CC-EARLY", "MED-DOSE", "FUNC-LIMIT", "WORSE", "DATA-GAP"]
    parts["closures"] = [
        {"rule": chance.choice(rules), "at": at(chance.randint(1, days), 15)}
        for _ in range(chance.choice([0, 0, 2]))
    ]
    records = [*_diary(chance, days), *_care(chance, days), *_doses(chance, days)]
    # Named, because two records that are alike in everything are one.
    return document([{**r, "id": str(i)} for i, r in enumerate(records)], **parts)


def _diary(chance: Random, days: int) -> list[Document]:
    records, level, reach = [], chance.choice([3, 4, 5, 6, 8]), chance.choice([0, 2, 4])
    skip, blank = chance.choice([0, 0.1, 0.5]), chance.choice([0, 0.3])
    for day in range(chance.choice([-2, 1, 1]), days + 1):
        if chance.random() < 0.08:
            level, reach = min(9, level + chance.choice([-5, -2, 2, 3])), chance.randint(0, 5)
            level = max(level, 0)
            skip = chance.choice([0, 0.1, 0.5, 0.9])
        if chance.random() < skip:
            continue
        fields = {
            "standing": chance.choice([None, reach, min(5, reach + 1)]),
            "walking": chance.choice([None, reach]),
            "sleep": chance.choice([None, 2, 4]),
            "activity": chance.choice([None, 3, 3, 4]),
        }
        pain = None if chance.random() < blank else level + chance.choice([0, 0, 1])
        records.append(entry(day, pain, hour=chance.choice(HOURS), **fields))
        if chance.random() < 0.04:
            later = chance.choice([30, 50, 100, 240])
            records.append(entry(day, chance.randint(0, 10), hour=72 + later, **fields))
        if chance.random() < 0.1:
            records.append(peg(day, *(chance.randint(level // 2, 9) for _ in range(3))))
    return records


def _care(chance: Random, days: int) -> list[Document]:
    records, keen = [], chance.choice([0, 0.26, 0.5])
    kinds = ["home_exercise", "physical_therapy", "massage", "injection", "activity_modification"]
    for day in range(1, days + 1):
        if chance.random() < keen:
            late = chance.choice([0, 0, 7, 8])
            moment = {"at": at(day, 10), "submitted_at": at(day + late, 10)}
            kind = chance.choice(kinds[:3] if chance.random() < 0.9 else kinds)
            records.append({"kind": "therapy_session", "type": kind, **moment})
        if chance.random() < keen:
            records.append({"kind": "compress_use", "at": at(day, 9), "type": "hot", "minutes": 15})
    return records


def _doses(chance: Random, days: int) -> list[Document]:
    records, usual = [], chance.choice(DOSES)
    often, strange = chance.choice([(0, 0), (0.9, 0.05), (0.5, 0.3)])
    for day in range(1, days + 1):
        for hour in (8, 20):
            if chance.random() < often:
                records.append(_dose(chance, usual, day, hour))
            if chance.random() < strange:
                records.append(
                    _dose(chance, chance.choice(DOSES), day, hour + chance.choice([0, 1]))
                )
    return records


def _dose(chance: Random, drug: tuple[str, str, int], day: int, hour: int) -> Document:
    product, name, mg = drug
    late = chance.choice([0] * 8 + [1, 7, 8])
    return {
        "kind": "medication_intake",
        "at": at(day, hour),
        "submitted_at": at(day + late, hour),
        "product": product,
        "ingredients": [{"name": name, "mg": mg}],
        "prescribed": chance.random() < 0.2,
    }

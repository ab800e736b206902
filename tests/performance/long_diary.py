"""A patient who logs everything, every day, and does not get better."""

from __future__ import annotations

from typing import Any

from tests.tracker.rules.diaries import (
    checklist,
    compress,
    document,
    entry,
    intake,
    medicine,
    peg,
    session,
)

Document = dict[str, Any]
PAINS = (6, 7, 5, 6, 8, 6, 7, 4, 6, 7, 8)
PLAN = [
    {"measure": "home_exercise", "sessions_per_week": 3},
    {"measure": "hot_compress"},
    medicine("ibuprofen", doses_per_day=2, most=2400),
    medicine("oxycodone"),
]


def records(days: int) -> list[Document]:
    """About five and a half a day."""
    return [
        {**record, "id": f"{day}-{i}"}
        for day in range(1, days + 1)
        for i, record in enumerate(_of_day(day))
    ]


def long_diary(days: int) -> Document:
    return document(records(days), plan=PLAN)


def _of_day(day: int) -> list[Document]:
    pain, level = PAINS[day % len(PAINS)], day % 5
    said = [
        entry(day, pain, standing=level, walking=level // 2, sleep=level // 2, activity=2),
        intake(day, 8, "ibuprofen", 400),
        intake(day, 15, "ibuprofen", 400),
        compress(day),
    ]
    if day % 2:
        said += [session(day, minutes=20), intake(day, 22, "oxycodone", 5, prescribed=True)]
    if day % 7 == 0:
        said.append(peg(day, pain, 5, 5))
    if day % 30 == 1:
        said.append(checklist(day, 9, leg_weakness="no", saddle_numbness="no"))
    return said

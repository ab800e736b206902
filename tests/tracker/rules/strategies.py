"""Hypothesis strategies for records and histories."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.tracker.rules.diaries import date, document, medicine

ZONES = [
    "America/New_York",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
]
KINDS = ["diary", "diary", "diary", "dose", "dose", "check", "heat", "move", "peg"]
DRUGS = ["ibuprofen", "naproxen sodium", "acetaminophen", "aspirin", "oxycodone", "diazepam", "x"]
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)

moments = st.integers(0, 40 * 24 * 4)


@st.composite
def records(draw) -> dict:
    minutes = draw(moments) * 15
    start = datetime.combine(date(1) + timedelta(days=50), time(0), tzinfo=ZoneInfo("UTC"))
    at = (start + timedelta(minutes=minutes)).isoformat()
    later = (start + timedelta(minutes=minutes + draw(st.integers(0, 300)) * 60)).isoformat()
    kind = draw(st.sampled_from(KINDS))
    day = (start + timedelta(minutes=minutes)).date().isoformat()
    level = st.none() | st.integers(0, 5)
    if kind == "diary":
        return {
            "kind": "diary_entry",
            "date": day,
            "submitted_at": later,
            "pain_average": draw(st.none() | st.integers(0, 10)),
            "standing": draw(level),
            "walking": draw(level),
        }
    if kind == "dose":
        drug = {"name": draw(st.sampled_from(DRUGS)), "mg": draw(st.integers(1, 2000))}
        return {"kind": "medication_intake", "at": at, "submitted_at": later, "ingredients": [drug]}
    if kind == "check":
        answer = st.sampled_from(["yes", "no", "unsure"])
        answers = {"leg_weakness": draw(answer), "saddle_numbness": draw(answer)}
        return {"kind": "red_flag_checklist", "at": at, "answers": answers}
    if kind == "heat":
        return {
            "kind": "compress_use",
            "at": at,
            "type": "hot",
            "minutes": draw(st.integers(0, 60)),
            "skin_reaction": draw(st.booleans()),
        }
    if kind == "move":
        return {"kind": "therapy_session", "at": at, "type": "home_exercise"}
    score = st.integers(0, 10)
    return {
        "kind": "peg",
        "date": day,
        "submitted_at": later,
        "pain": draw(score),
        "enjoyment": draw(score),
        "activity": draw(score),
    }


def of_kind(kind: str) -> st.SearchStrategy[dict]:
    return records().filter(lambda record: record["kind"] == kind)


@st.composite
def histories(draw) -> dict:
    found = draw(st.lists(records(), max_size=40))
    named = [{**record, "id": f"r{i}"} for i, record in enumerate(found)]
    corrections = [
        {
            **draw(records().filter(lambda r, k=record["kind"]: r["kind"] == k)),
            "replaces": record["id"],
        }
        for record in named[:2]
        if draw(st.booleans()) and record["kind"] in {"diary_entry", "medication_intake"}
    ]
    surgery = draw(st.none() | st.integers(40, 80))
    return document(
        [*named, *corrections],
        plan=[medicine("naproxen", doses_per_day=2), {"measure": "home_exercise"}],
        patient={"time_zone": draw(st.sampled_from(ZONES))},
        episode={
            "index_date": (date(1) + timedelta(days=50)).isoformat(),
            "surgery_date": surgery and date(surgery + 51).isoformat(),
        },
    )

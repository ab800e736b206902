"""Hypothesis strategies for records and histories."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.tracker.rules.diaries import date, document, medicine
from tests.tracker.rules.hard_histories import hard_history

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


FAR_APART = ["Pacific/Kiritimati", "Pacific/Pago_Pago", *ZONES]
CLOSED = ["SEV-SUST", "CC-FAIL", "CC-EARLY", "MED-DOSE", "RF-MOTOR", "FUNC-LIMIT", "DATA-GAP"]
CHANGES = [
    {"conservative_min_days": 14},
    {"conservative_min_days": 60, "relapse_first_day": 10},
    {"response_percent": 12.5, "relapse_gap_days": 1},
    {"severe_pain": 5, "severe_days": 3, "still_hurts": 2},
    {"silent_days": 3, "opioid_course_days": 3, "otc_days": 5},
]


chances = st.builds(Random, st.integers(0, 10**6))
hard_histories = st.builds(hard_history, chances)
#: Longer than any rule looks back.
long_histories = st.builds(hard_history, chances, st.just([260]))


@st.composite
def eventful(draw, quiet: st.SearchStrategy[dict], longest: int = 70) -> dict:
    """With corrections of anything, a plan and a calendar that change, and closed flags."""
    history = draw(quiet)
    first = Date.fromisoformat(history["episode"]["index_date"])

    def day() -> str:
        return (first + timedelta(days=draw(st.integers(-5, longest)))).isoformat()

    def period() -> dict:
        begun = day()
        length = timedelta(days=draw(st.integers(0, 20)))
        return {"from": begun, "until": (Date.fromisoformat(begun) + length).isoformat()}

    def few(values: st.SearchStrategy, most: int = 2) -> list:
        return draw(st.lists(values, max_size=most))

    named = [record for record in history["records"] if "id" in record]
    chosen = few(st.sampled_from(named), most=4) if named else []
    corrections = [_corrected(draw, record, i) for i, record in enumerate(chosen)]
    zones = few(st.sampled_from(FAR_APART))
    parts = {
        "records": [*history["records"], *corrections],
        "patient": history["patient"]
        | {"time_zones": [{"from": day(), "time_zone": zone} for zone in zones]},
        "episode": history["episode"] | {"excused": [period() for _ in few(st.none())]},
        "plan": [
            {**measure, **draw(st.sampled_from([{}, period()]))}
            for measure in history.get("plan", [])
        ],
        "closures": [
            {"rule": rule, "at": f"{day()}T{draw(st.integers(0, 23)):02}:30:00Z"}
            for rule in few(st.sampled_from(CLOSED), most=4)
        ],
        "thresholds": draw(st.sampled_from([{}, {}, *CHANGES])),
        "rulesets": [
            {"from": day(), "version": "2026.1", "thresholds": changes}
            for changes in few(st.sampled_from(CHANGES))
        ],
    }
    return history | parts


def _corrected(draw, record: dict, number: int) -> dict:
    """The record with something else said later, perhaps of another day."""
    said = datetime.fromisoformat(record.get("submitted_at") or record["at"])
    later = said + timedelta(hours=draw(st.integers(1, 300)))
    fields = {"id": f"c{number}", "replaces": record["id"], "submitted_at": later.isoformat()}
    moved = timedelta(days=draw(st.sampled_from([0, 0, 0, -1, 1, -20])))
    if record["kind"] in {"diary_entry", "peg"}:
        fields["date"] = (Date.fromisoformat(record["date"]) + moved).isoformat()
        score = "pain_average" if record["kind"] == "diary_entry" else "pain"
        fields[score] = draw(st.integers(0, 10))
    else:
        fields["at"] = (datetime.fromisoformat(record["at"]) + moved).isoformat()
    if record["kind"] == "red_flag_checklist":
        fields["answers"] = {"leg_weakness": draw(st.sampled_from(["yes", "no"]))}
    return record | fields

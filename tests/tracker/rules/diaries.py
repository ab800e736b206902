"""Short ways to write a history: days count from 1, hours are local."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracker.rules import Outcome, evaluate, parse_history
from tracker.rules.engine.replay import flag_events

INDEX = Date(2026, 1, 5)
ZONE = "America/New_York"
Document = dict[str, Any]


def date(day: int) -> Date:
    return INDEX + timedelta(days=day - 1)


def at(day: int, hour: float = 8, zone: str = ZONE) -> str:
    moment = datetime.combine(date(day), time(0), tzinfo=ZoneInfo(zone)) + timedelta(hours=hour)
    return moment.isoformat()


def entry(day: int, pain: int | None = None, *, hour: float = 21, **fields: Any) -> Document:
    """A diary entry; `hour` counts from the start of its own day."""
    return {
        "kind": "diary_entry",
        "date": date(day).isoformat(),
        "submitted_at": at(day, hour),
        "pain_average": pain,
        **fields,
    }


def entries(pains: dict[int, int] | list[int | None], **fields: Any) -> list[Document]:
    """One entry a day; None in a list is a day without one."""
    by_day = pains.items() if isinstance(pains, dict) else enumerate(pains, start=1)
    return [entry(day, pain, **fields) for day, pain in by_day if pain is not None]


def intake(day: int, hour: float, name: str, mg: float = 100, **fields: Any) -> Document:
    return {
        "kind": "medication_intake",
        "at": at(day, hour),
        "product": fields.pop("product", name),
        "ingredients": fields.pop("ingredients", [{"name": name, "mg": mg}]),
        "route": fields.pop("route", "oral"),
        "prescribed": fields.pop("prescribed", False),
        **fields,
    }


def session(day: int, kind: str = "home_exercise", **fields: Any) -> Document:
    return {"kind": "therapy_session", "at": at(day, 10), "type": kind, **fields}


def compress(day: int, kind: str = "hot", minutes: int = 15, **fields: Any) -> Document:
    return {
        "kind": "compress_use",
        "at": at(day, 9),
        "type": kind,
        "minutes": minutes,
        **fields,
    }


def checklist(day: int, hour: float = 8, **answers: Any) -> Document:
    return {"kind": "red_flag_checklist", "at": at(day, hour), "answers": answers}


def peg(day: int, pain: int, enjoyment: int, activity: int, **fields: Any) -> Document:
    return {
        "kind": "peg",
        "date": date(day).isoformat(),
        "submitted_at": at(day, 20),
        "pain": pain,
        "enjoyment": enjoyment,
        "activity": activity,
        **fields,
    }


def medicine(name: str, **fields: Any) -> Document:
    dose = {"name": name, "mg": fields.pop("mg", 100)}
    if "most" in fields:
        dose["max_mg_per_day"] = fields.pop("most")
    return {
        "measure": "medication",
        "ingredients": [dose],
        "prescribed": fields.pop("prescribed", True),
        **fields,
    }


def document(records: list[Document], **parts: Any) -> Document:
    patient = {"ref": "p1", "time_zone": ZONE, "birth_date": "1976-06-01"}
    episode = {"index_date": INDEX.isoformat()}
    return {
        "patient": patient | parts.pop("patient", {}),
        "episode": episode | parts.pop("episode", {}),
        "records": records,
        **parts,
    }


def outcome(records: list[Document], *, until: int | None = None, **parts: Any) -> Outcome:
    """Evaluated, with silence evaluated up to the close of day `until`."""
    history = parse_history(document(records, **parts))
    limit = None if until is None else history.calendar.close(date(until).toordinal())
    return evaluate(history, until=limit)


def found(records: list[Document], **parts: Any) -> list[tuple[str, str, int]]:
    """(rule, priority, day) of every opening and rise that was not withdrawn."""
    history = parse_history(document(records, **{k: v for k, v in parts.items() if k != "until"}))
    result = outcome(records, **parts)
    return [
        (line.finding.rule, str(line.finding.priority), line.day)
        for line in flag_events(history, result)
    ]


def rules(records: list[Document], **parts: Any) -> set[str]:
    return {rule for rule, _, _ in found(records, **parts)}

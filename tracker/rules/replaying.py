"""The lines of `manage.py replay`: one for each opening and each rise of a flag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date

from tracker.rules.history import History
from tracker.rules.outcome import Finding, FlagLife, Json, Outcome, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A flag opened, or (with `raised_from`) became more urgent."""

    patient: str
    at: datetime
    day: int
    date: Date
    ruleset: str
    finding: Finding
    raised_from: Priority | None
    withdrawn_at: datetime | None

    def as_json(self) -> dict[str, Json]:
        finding = self.finding
        line: dict[str, Json] = {
            "patient": self.patient,
            "rule": finding.rule,
            "priority": finding.priority.value,
            "day": self.day,
            "date": self.date.isoformat(),
            "at": self.at.isoformat(),
            "ruleset": self.ruleset,
            "explanation": finding.explanation,
            "evidence": finding.evidence,
            "clears_when": finding.clears_when,
            "sources": finding.sources,
        }
        if self.raised_from is not None:
            line["raised_from"] = self.raised_from.value
        if self.withdrawn_at is not None:
            line["withdrawn_at"] = self.withdrawn_at.isoformat()
        return line


def lines(history: History, outcome: Outcome, *, with_withdrawn: bool = False) -> list[Line]:
    """In order of time and rule; withdrawn flags only where they are asked for."""
    patient = history.form.patient.ref
    told = (life for life in outcome.flags if with_withdrawn or life.withdrawn_at is None)
    found = [line for life in told for line in _of(patient, life)]
    # Local times of one zone compare by the clock, which shows one hour twice in autumn.
    return sorted(found, key=lambda line: (line.at.astimezone(UTC), line.finding.rule))


def _of(patient: str, life: FlagLife) -> Iterator[Line]:
    yield Line(
        patient=patient,
        at=life.opened_at,
        day=life.day,
        date=life.date,
        ruleset=life.ruleset,
        finding=life.finding,
        raised_from=None,
        withdrawn_at=life.withdrawn_at,
    )
    for rise in life.raises:
        yield Line(
            patient=patient,
            at=rise.at,
            day=rise.day,
            date=rise.date,
            ruleset=rise.ruleset,
            finding=rise.finding,
            raised_from=rise.from_priority,
            withdrawn_at=life.withdrawn_at,
        )

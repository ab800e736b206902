"""The events that `manage.py replay` prints: each opening and each rise of a flag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date

from tracker.rules.history.history import History
from tracker.rules.results import Finding, FlagHistory, Json, Outcome, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEvent:
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
        fields: dict[str, Json] = {
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
            fields["raised_from"] = self.raised_from.value
        if self.withdrawn_at is not None:
            fields["withdrawn_at"] = self.withdrawn_at.isoformat()
        return fields


def flag_events(
    history: History, outcome: Outcome, *, with_withdrawn: bool = False
) -> list[FlagEvent]:
    """In order of time and rule; withdrawn flags only where they are asked for."""
    patient = history.document.patient.ref
    shown = (flag for flag in outcome.flags if with_withdrawn or flag.withdrawn_at is None)
    found = [event for flag in shown for event in _events_of(patient, flag)]
    # Local times of one zone compare by the clock, which shows one hour twice in autumn.
    return sorted(found, key=lambda event: (event.at.astimezone(UTC), event.finding.rule))


def _events_of(patient: str, flag: FlagHistory) -> Iterator[FlagEvent]:
    yield FlagEvent(
        patient=patient,
        at=flag.opened_at,
        day=flag.day,
        date=flag.date,
        ruleset=flag.ruleset,
        finding=flag.finding,
        raised_from=None,
        withdrawn_at=flag.withdrawn_at,
    )
    for rise in flag.raises:
        yield FlagEvent(
            patient=patient,
            at=rise.at,
            day=rise.day,
            date=rise.date,
            ruleset=rise.ruleset,
            finding=rise.finding,
            raised_from=rise.from_priority,
            withdrawn_at=flag.withdrawn_at,
        )

"""The diary by days: also those on which nothing was logged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from tracker.models import (
    CompressUse,
    DiaryEntry,
    MedicationIntake,
    Patient,
    PegScore,
    RedFlagChecklist,
    TherapySession,
)
from tracker.models.record_kinds import RECORD_KINDS
from tracker.models.record_kinds.base import LoggedRecord, RecordKind


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """A record of a kind that the page has no words of its own for."""

    kind: RecordKind
    row: LoggedRecord

    @property
    def values(self) -> list[tuple[str, object]]:
        named = [(name, getattr(self.row, name)) for name in self.kind.own_fields]
        return [(name, value) for name, value in named if value not in (None, "")]


@dataclass(slots=True)
class Day:
    day: date
    entry: DiaryEntry | None = None
    compresses: list[CompressUse] = field(default_factory=list)
    intakes: list[MedicationIntake] = field(default_factory=list)
    sessions: list[TherapySession] = field(default_factory=list)
    checklists: list[RedFlagChecklist] = field(default_factory=list)
    pegs: list[PegScore] = field(default_factory=list)
    others: list[OtherRecord] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        logged = (self.compresses, self.intakes, self.sessions, self.checklists, self.pegs)
        return self.entry is None and not any(logged) and not self.others


def diary_days(patient: Patient, *, last: date, count: int) -> list[Day]:
    """The newest day first."""
    days = {last - timedelta(n): Day(last - timedelta(n)) for n in range(count)}
    for entry in _within(DiaryEntry, patient, days):
        days[entry.local_date].entry = entry
    lists = {
        CompressUse: "compresses",
        MedicationIntake: "intakes",
        TherapySession: "sessions",
        RedFlagChecklist: "checklists",
        PegScore: "pegs",
    }
    for kind in RECORD_KINDS.values():
        if kind.model is DiaryEntry:
            continue
        for row in _within(kind.model, patient, days):
            if kind.model in lists:
                getattr(days[row.local_date], lists[kind.model]).append(row)
            else:
                days[row.local_date].others.append(OtherRecord(kind, row))
    return list(days.values())


def _within(model, patient: Patient, days: Iterable[date]):  # type: ignore[no-untyped-def]
    return model.objects.filter(
        patient=patient, local_date__range=(min(days), max(days)), retracted_at=None
    )

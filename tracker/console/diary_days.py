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


@dataclass(slots=True)
class Day:
    day: date
    entry: DiaryEntry | None = None
    compresses: list[CompressUse] = field(default_factory=list)
    intakes: list[MedicationIntake] = field(default_factory=list)
    sessions: list[TherapySession] = field(default_factory=list)
    checklists: list[RedFlagChecklist] = field(default_factory=list)
    pegs: list[PegScore] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        logged = (self.compresses, self.intakes, self.sessions, self.checklists, self.pegs)
        return self.entry is None and not any(logged)


def diary_days(patient: Patient, *, last: date, count: int) -> list[Day]:
    """The newest day first."""
    days = {last - timedelta(n): Day(last - timedelta(n)) for n in range(count)}
    for entry in _within(DiaryEntry, patient, days):
        days[entry.local_date].entry = entry
    for model, kind in (
        (CompressUse, "compresses"),
        (MedicationIntake, "intakes"),
        (TherapySession, "sessions"),
        (RedFlagChecklist, "checklists"),
        (PegScore, "pegs"),
    ):
        for row in _within(model, patient, days):
            getattr(days[row.local_date], kind).append(row)
    return list(days.values())


def _within(model, patient: Patient, days: Iterable[date]):  # type: ignore[no-untyped-def]
    return model.objects.filter(
        patient=patient, local_date__range=(min(days), max(days)), retracted_at=None
    )

"""A patient's records by local day, including the days on which nothing was logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from tracker.models import DiaryEntry, Patient
from tracker.models.record_kinds import RECORD_KINDS
from tracker.models.record_kinds.base import LoggedRecord, RecordKind


@dataclass(frozen=True, slots=True)
class Logged:
    """The current version of one record, with its kind."""

    kind: RecordKind
    row: LoggedRecord

    @property
    def values(self) -> list[tuple[str, object]]:
        """What was logged, by field; a field that was left out is left out."""
        named = [(name, getattr(self.row, name)) for name in self.kind.own_fields]
        return [(name, value) for name, value in named if value not in (None, "")]


@dataclass(slots=True)
class Day:
    day: date
    entry: DiaryEntry | None = None
    records: list[Logged] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.entry is None and not self.records


def diary_days(patient: Patient, *, last: date, count: int) -> list[Day]:
    """Return that many days, the newest first, with the records of every kind."""
    first = last - timedelta(count - 1)
    days = {last - timedelta(n): Day(last - timedelta(n)) for n in range(count)}
    for kind in RECORD_KINDS.values():
        rows = kind.model._default_manager.filter(
            patient=patient, local_date__range=(first, last), retracted_at=None
        )
        for row in rows:
            if isinstance(row, DiaryEntry):
                days[row.local_date].entry = row
            else:
                days[row.local_date].records.append(Logged(kind, row))
    return list(days.values())

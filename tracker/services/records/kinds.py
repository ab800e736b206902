"""The kinds of records: their form (the rules'), and the table of their current version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from tracker import models
from tracker.models import RecordKind, Revision
from tracker.models.records import LoggedRecord
from tracker.rules.history import records as forms

#: in every record, or kept in columns of their own
COMMON = frozenset({"id", "replaces", "date", "at", "submitted_at"})


@dataclass(frozen=True, slots=True)
class Kind:
    name: RecordKind
    form: type[forms.Record]
    model: type[LoggedRecord]
    #: one of a day (`date`), rather than of an instant (`at`)
    is_daily: bool
    #: what is particular to it, in the form and in the table alike
    fields: tuple[str, ...]

    @property
    def document_fields(self) -> frozenset[str]:
        """What a document of this kind may hold besides its kind and its name."""
        times = {"date"} if self.is_daily else {"at"}
        return frozenset(self.fields) | times | {"submitted_at"}

    def current_row(self, revision: Revision, *, local_date: date, time_zone: str) -> Any:
        """The typed row that mirrors this version."""
        content = revision.content
        values = {name: content[name] for name in self.fields if name in content}
        if not self.is_daily:
            values["at"] = datetime.fromisoformat(content["at"])
        return self.model(
            clinic_id=revision.clinic_id,
            patient_id=revision.patient_id,
            uuid=revision.uuid,
            revision=revision.number or 0,
            local_date=local_date,
            time_zone=time_zone,
            submitted_at=revision.submitted_at,
            received_at=revision.received_at,
            note=revision.note,
            retracted_at=revision.received_at if revision.retracted else None,
            **values,
        )


def _kind(name: RecordKind, form: type[forms.Record], model: type[LoggedRecord]) -> Kind:
    names = tuple(field.name for field in msgspec.structs.fields(form))
    own = tuple(field for field in names if field not in COMMON)
    return Kind(name, form, model, is_daily="date" in names, fields=own)


KINDS: dict[RecordKind, Kind] = {
    name: _kind(name, form, model)
    for name, form, model in (
        (RecordKind.DIARY_ENTRY, forms.DiaryEntry, models.DiaryEntry),
        (RecordKind.COMPRESS_USE, forms.CompressUse, models.CompressUse),
        (RecordKind.MEDICATION_INTAKE, forms.MedicationIntake, models.MedicationIntake),
        (RecordKind.THERAPY_SESSION, forms.TherapySession, models.TherapySession),
        (RecordKind.RED_FLAG_CHECKLIST, forms.RedFlagChecklist, models.RedFlagChecklist),
        (RecordKind.PEG, forms.PegScore, models.PegScore),
    )
}


def kind_of(record: forms.Record) -> Kind:
    return KINDS[RecordKind(str(type(record).__struct_config__.tag))]


def content_of(record: forms.Record) -> dict[str, Any]:
    """The record in the replay contract's form; what was left out is left out."""
    content = without_nulls(msgspec.to_builtins(record))
    return {name: value for name, value in content.items() if name not in {"id", "replaces"}}


def without_nulls(value: Any) -> Any:
    """The value without what is None, however deep."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [without_nulls(item) for item in value]
    return value

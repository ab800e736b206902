"""Stored histories, written without the API: to make them is not what is measured."""

from __future__ import annotations

from tests.performance.long_diary import records
from tests.tracker.rules.diaries import INDEX
from tracker.models import Patient, Revision
from tracker.rules import parse_record, submitted_at


def log_every_day(patient: Patient, *, days: int) -> None:
    """Store the long diary as if each record had been sent at once."""
    patient.episodes.update(index_date=INDEX)
    Revision.objects.bulk_create(
        Revision(
            clinic_id=patient.clinic_id,
            patient=patient,
            uuid=f"00000000-0000-4000-8000-{number:012}",
            kind=content["kind"],
            number=1,
            base_number=0,
            content={name: value for name, value in content.items() if name != "id"},
            submitted_at=submitted_at(parse_record(content)),
            received_at=submitted_at(parse_record(content)),
            author=patient.user,
        )
        for number, content in enumerate(records(days))
    )

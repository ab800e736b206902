"""Write the rows of an import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from tracker.models import (
    DiaryEntry,
    DiaryImport,
    Episode,
    Patient,
    PatientTimeZone,
    Revision,
)
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.services.imports.columns import SCORES
from tracker.services.imports.people import Change, Person

AT_ONCE = 2000  # rows in one statement


def store_people(people: Iterable[Person]) -> None:
    """Create patients who are not known yet: without account, reminders or timers."""
    newcomers = [person for person in people if person.is_new]
    firsts = [min(change.line.date or date.max for change in each.changes) for each in newcomers]
    Patient.objects.bulk_create((each.patient for each in newcomers), batch_size=AT_ONCE)
    PatientTimeZone.objects.bulk_create(
        (
            PatientTimeZone(
                clinic_id=each.patient.clinic_id,
                patient=each.patient,
                from_date=first,
                time_zone=each.patient.time_zone,
            )
            for each, first in zip(newcomers, firsts, strict=True)
        ),
        batch_size=AT_ONCE,
    )
    Episode.objects.bulk_create(
        (
            Episode(clinic_id=each.patient.clinic_id, patient=each.patient, index_date=first)
            for each, first in zip(newcomers, firsts, strict=True)
        ),
        batch_size=AT_ONCE,
    )


def begin_earlier(person: Person) -> None:
    """Move day 1 of an episode that an earlier import began, if its file began too late.

    A day 1 that the clinic has chosen stays.
    """
    if person.is_new or person.patient.enrolled_at is not None or not person.imported:
        return
    former = min(date.fromisoformat(each.content["date"]) for each in person.imported.values())
    first = min(change.line.date or date.max for change in person.changes)
    if first < former:
        own = {"patient_id": person.patient.pk}
        Episode.objects.current().filter(**own, index_date=former).update(index_date=first)
        PatientTimeZone.objects.filter(**own, from_date=former).update(from_date=first)


def store_changes(
    people: Iterable[Person], diary_import: DiaryImport, *, at: datetime
) -> Iterator[int]:
    """Write the versions and the current records in batches; yield the count of each batch."""
    changes = ((person, change) for person in people for change in person.changes)
    done = 0
    while some := list(_next(changes)):
        revisions = [_revision(person, change, diary_import, at) for person, change in some]
        Revision.objects.bulk_create(revisions)
        DiaryEntry.objects.bulk_create(
            (_entry(person, change, at) for person, change in some),
            update_conflicts=True,
            unique_fields=["patient", "uuid"],
            update_fields=["revision", "submitted_at", "received_at", "note", *SCORES.values()],
        )
        done += len(some)
        yield done


def _next(changes: Iterator[tuple[Person, Change]]) -> Iterator[tuple[Person, Change]]:
    for _, pair in zip(range(AT_ONCE), changes, strict=False):
        yield pair


def _revision(person: Person, change: Change, diary_import: DiaryImport, at: datetime) -> Revision:
    line = change.line
    assert line.date is not None
    return Revision(
        clinic_id=person.patient.clinic_id,
        patient_id=person.patient.pk,
        uuid=change.uuid,
        kind=DIARY_ENTRY.code,
        number=change.number,
        base_number=change.number - 1,
        content={
            "kind": DIARY_ENTRY.code,
            "date": line.date.isoformat(),
            "submitted_at": change.submitted_at.isoformat(),
            **line.scores,
        },
        note=line.note,
        submitted_at=change.submitted_at,
        received_at=at,
        reason="A corrected export." if change.number > 1 else "",
        diary_import=diary_import,
        imported_line=line.number,
        imported_original=line.originals or None,
    )


def _entry(person: Person, change: Change, at: datetime) -> DiaryEntry:
    line = change.line
    assert line.date is not None
    return DiaryEntry(
        clinic_id=person.patient.clinic_id,
        patient_id=person.patient.pk,
        uuid=change.uuid,
        revision=change.number,
        local_date=line.date,
        time_zone=person.calendar.zone(line.date.toordinal()).key,
        submitted_at=change.submitted_at,
        received_at=at,
        note=line.note,
        **line.scores,
    )

"""Whether what a reminder asks for has been logged, and what follows when it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications import outbox
from tracker.models import (
    CompressUse,
    DiaryEntry,
    MedicationIntake,
    Patient,
    RecordKind,
    Reminder,
    ReminderSlot,
    Revision,
    TherapySession,
)
from tracker.models.records import LoggedRecord
from tracker.rules.measures import MEDICATION, compresses
from tracker.services.reminders import reminder_slots

COMPRESSES = compresses()
#: the measure of a slot without one
DIARY = ""


def groups_of(reminder: Reminder) -> list[str]:
    """The outbox's handles of its notices: one, and one more for each snooze."""
    name = f"reminder:{reminder.slot_id}:{reminder.local_date.isoformat()}"
    return [name, *(f"{name}:{number}" for number in range(1, reminder.snoozes + 1))]


def cancel(reminder: Reminder, *, at: datetime) -> None:
    for group in groups_of(reminder):
        outbox.cancel(group=group, at=at)


def is_answered(slot: ReminderSlot, day: date) -> bool:
    """The n-th reminder of a day is answered once the measure was logged n times on it."""
    logged = _logged(slot).filter(patient=slot.patient_id, local_date=day, retracted_at=None)
    if slot.planned_measure is None:
        return logged.exists()
    earlier = slot.planned_measure.reminder_slots.filter(is_on=True, wall_time__lte=slot.wall_time)
    return logged.count() >= earlier.count()


def note(
    *, patient: Patient, revisions: Iterable[Revision], days: Collection[date], at: datetime
) -> None:
    """These records were stored: what is still under way for these days stops, if answered.

    Whoever logs again is reminded as planned again.
    """
    measures = {measure for each in revisions if not each.retracted for measure in _said(each)}
    if not measures:
        return
    under_way = patient.reminders.filter(
        local_date__in=days, outcome=Reminder.Outcome.SENT, answered_at=None
    )
    waiting = Q(unanswered__gt=0) | Exists(under_way.filter(slot=OuterRef("pk")))
    slots = patient.reminder_slots.filter(waiting).select_related("planned_measure__episode")
    for slot in slots:
        if measure_of(slot) in measures:
            _answer(slot, under_way.filter(slot=slot), at=at)
            slot.unanswered = 0
            reminder_slots.schedule(slot, patient=patient, at=at)


def _answer(slot: ReminderSlot, under_way: QuerySet[Reminder], *, at: datetime) -> None:
    for reminder in under_way:
        if is_answered(slot, reminder.local_date):
            reminder.answered_at, reminder.again_at = at, None
            reminder.save(update_fields=["answered_at", "again_at"])
            cancel(reminder, at=at)


def measure_of(slot: ReminderSlot) -> str:
    return slot.planned_measure.measure if slot.planned_measure else DIARY


def _said(revision: Revision) -> list[str]:
    """The measures that a record is about."""
    match revision.kind:
        case RecordKind.DIARY_ENTRY:
            return [DIARY]
        case RecordKind.MEDICATION_INTAKE:
            return [MEDICATION.name]
        case RecordKind.COMPRESS_USE:
            return [each for each, type in COMPRESSES.items() if type == revision.content["type"]]
        case RecordKind.THERAPY_SESSION:
            return [revision.content["type"]]
        case _:
            return []


def _logged(slot: ReminderSlot) -> QuerySet[LoggedRecord]:
    """The records that answer the slot."""
    planned = slot.planned_measure
    if planned is None:
        return DiaryEntry.objects.all()
    if planned.measure in COMPRESSES:
        return CompressUse.objects.filter(type=COMPRESSES[planned.measure])
    if planned.measure == MEDICATION.name:
        names = [each["name"] for each in planned.ingredients or ()]
        holds_one = Q(pk__in=[])
        for name in names:
            holds_one |= Q(ingredients__contains=[{"name": name}])
        return MedicationIntake.objects.filter(holds_one)
    return TherapySession.objects.filter(type=planned.measure)

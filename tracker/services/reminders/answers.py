"""Find out whether a reminder's measure has been logged, and end reminders that are answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications import outbox
from tracker.models import RECORD_KINDS, Patient, Reminder, ReminderSlot, Revision
from tracker.models.record_kinds import ANSWERING_KINDS
from tracker.models.record_kinds.base import DIARY_REMINDER
from tracker.services.reminders import reminder_slots


def groups_of(reminder: Reminder) -> list[str]:
    """Return the outbox groups of its notices: one, and one more for each snooze."""
    name = f"reminder:{reminder.slot_id}:{reminder.local_date.isoformat()}"
    return [name, *(f"{name}:{number}" for number in range(1, reminder.snoozes + 1))]


def cancel(reminder: Reminder, *, at: datetime) -> None:
    for group in groups_of(reminder):
        outbox.cancel(group=group, at=at)


def is_answered(slot: ReminderSlot, day: date) -> bool:
    """Whether the measure was logged: for the n-th reminder of a day, n times."""
    line, measure = slot.planned_measure, measure_of(slot)
    kind = ANSWERING_KINDS[measure]
    logged = kind.model._default_manager.filter(
        patient=slot.patient_id, local_date=day, retracted_at=None, **kind.answers[measure]
    )
    if line is None:
        return logged.exists()
    if kind.answers_line is not None:
        logged = logged.filter(kind.answers_line(line))
    earlier = line.reminder_slots.filter(is_on=True, wall_time__lte=slot.wall_time)
    return logged.count() >= earlier.count()


def answer_reminders(
    *, patient: Patient, revisions: Iterable[Revision], days: Collection[date], at: datetime
) -> None:
    """End the reminders of these days that the stored records answer.

    Slots that were thinned out after unanswered reminders return to every planned day.
    """
    measures: set[str] = set()
    for each in revisions:
        if not each.retracted:
            measures |= RECORD_KINDS[each.kind].measures(each.content)
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
    return slot.planned_measure.measure if slot.planned_measure else DIARY_REMINDER

"""Remind patients who have not logged by their local time: once per local day and slot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from notifications import outbox
from tracker.models import Patient, Reminder, ReminderSlot
from tracker.services import audit
from tracker.services.batches import run_each
from tracker.services.context import Actor, Context, System
from tracker.services.errors import Conflict, NotFound
from tracker.services.local_time.calendars import calendar_of
from tracker.services.reminders.answers import cancel, groups_of, is_answered
from tracker.services.reminders.reminder_slots import schedule

Row = TypeVar("Row", ReminderSlot, Reminder)

#: A reminder expires: long after its time it is of no use.
USEFUL_FOR = timedelta(hours=2)

MOST_SNOOZES = 3


class SnoozeRefused(Conflict):
    """This reminder cannot be snoozed: it was logged, snoozed too often, or that is another day."""

    code = "snooze_refused"


def send_due(context: Context[System], *, limit: int) -> int:
    """Send the due reminders of what is not logged; return how many timers moved."""
    due = ReminderSlot.objects.filter(remind_at__lte=context.at).order_by("remind_at")
    return _run_each(
        due.select_related("patient", "planned_measure__episode"), context.at, _remind, limit
    )


def send_again(context: Context[System], *, limit: int) -> int:
    """Send the snoozed reminders of what is still not logged; return how many timers moved."""
    due = Reminder.objects.filter(again_at__lte=context.at).order_by("again_at")
    return _run_each(
        due.select_related("patient", "slot__planned_measure"), context.at, _remind_again, limit
    )


@transaction.atomic
def snooze(context: Context[Actor], *, patient: Patient, slot_id: UUID, minutes: int) -> Reminder:
    """Remind again in so many minutes. Raises NotFound, SnoozeRefused."""
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    slot = patient.reminder_slots.filter(pk=slot_id).first()
    if slot is None:
        raise NotFound
    latest = slot.reminders.filter(outcome=Reminder.Outcome.SENT, answered_at=None).first()
    again_at = context.at + timedelta(minutes=minutes)
    if (
        latest is None
        or latest.snoozes >= MOST_SNOOZES
        or calendar_of(patient).today(again_at) != latest.local_date
    ):
        raise SnoozeRefused
    cancel(latest, at=context.at)
    latest.again_at = again_at
    latest.snoozes += 1
    latest.save(update_fields=["again_at", "snoozes"])
    audit.record(context, "reminder.snooze", patient, subject_id=slot.id)
    return latest


def _run_each(
    due: QuerySet[Row], at: datetime, act: Callable[[Row, datetime], None], limit: int
) -> int:
    """Lock the patient, too, so that a record being stored is waited for."""
    return run_each(
        due,
        lambda row: act(row, at),
        limit=limit,
        failure="reminder_failed",
        of=("self", "patient"),
        no_key=True,
    )


def _remind(slot: ReminderSlot, at: datetime) -> None:
    due_at, local_date = slot.remind_at, slot.remind_date
    assert due_at is not None
    assert local_date is not None
    reminder, is_first = Reminder.objects.get_or_create(
        slot=slot,
        local_date=local_date,
        defaults={
            "clinic_id": slot.clinic_id,
            "patient": slot.patient,
            "at": at,
            "outcome": _outcome(slot, at=at),
        },
    )
    if is_first and reminder.outcome == Reminder.Outcome.SENT:
        _tell(reminder, slot.patient, until=due_at + USEFUL_FOR, at=at)
        slot.unanswered += 1
    schedule(slot, patient=slot.patient, at=max(at, due_at))


def _remind_again(reminder: Reminder, at: datetime) -> None:
    asked_for = reminder.again_at
    assert asked_for is not None
    reminder.again_at = None
    reminder.save(update_fields=["again_at"])
    is_useful = at < asked_for + USEFUL_FOR and outbox.reachable(reminder.patient.recipient_id)
    if is_useful and not is_answered(reminder.slot, reminder.local_date):
        _tell(reminder, reminder.patient, until=asked_for + USEFUL_FOR, at=at)


def _tell(reminder: Reminder, patient: Patient, *, until: datetime, at: datetime) -> None:
    outbox.enqueue(
        recipient_id=patient.recipient_id,
        kind=outbox.Kind.DIARY_REMINDER,
        group=groups_of(reminder)[-1],
        urgency=outbox.Urgency.ROUTINE,
        expires_at=until,
        link="/",
        list_link="/",
        at=at,
    )


def _outcome(slot: ReminderSlot, *, at: datetime) -> Reminder.Outcome:
    assert slot.remind_at is not None
    assert slot.remind_date is not None
    if is_answered(slot, slot.remind_date):
        return Reminder.Outcome.ALREADY_LOGGED
    if at >= slot.remind_at + USEFUL_FOR:
        return Reminder.Outcome.MISSED
    if not outbox.reachable(slot.patient.recipient_id):
        return Reminder.Outcome.UNREACHABLE
    return Reminder.Outcome.SENT

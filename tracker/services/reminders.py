"""Reminding a patient who has not logged by their local hour: once a local day."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.db import transaction

from notifications import outbox
from tracker.models import DiaryEntry, Patient, Reminder

from .wall_time import next_occurrence

logger = logging.getLogger(__name__)

#: A reminder to log is of no use long after its hour.
USEFUL_FOR = timedelta(hours=2)


def schedule(*, patient: Patient, at: datetime) -> None:
    """Set the timer to the patient's next local hour, or to none."""
    if patient.reminder_time is None or not patient.is_active:
        patient.remind_at = None
    else:
        patient.remind_at = next_occurrence(patient.reminder_time, patient.zone, after=at)
    patient.save(update_fields=["remind_at"])


def cancel_for(*, patient: Patient, local_date: date, at: datetime) -> None:
    """The day has been logged: whatever reminder of it is still under way stops."""
    outbox.cancel(group=_group(patient, local_date), at=at)


def send_due(*, at: datetime, limit: int) -> int:
    """Remind whoever is due and has not logged; return how many timers moved."""
    due = Patient.objects.filter(remind_at__lte=at).order_by("remind_at")
    moved = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                patient = due.filter(pk=pk).select_for_update(skip_locked=True).first()
                if patient is not None:
                    _remind(patient, at=at)
                    moved += 1
        except Exception:
            logger.exception("reminder_failed", extra={"subject_id": str(pk)})
    return moved


def _remind(patient: Patient, *, at: datetime) -> None:
    due_at = patient.remind_at
    assert due_at is not None
    local_date = patient.local_date(due_at)
    outcome = _outcome(patient, local_date=local_date, due_at=due_at, at=at)
    _, first_today = Reminder.objects.get_or_create(
        patient=patient,
        local_date=local_date,
        defaults={"clinic_id": patient.clinic_id, "at": at, "outcome": outcome},
    )
    if first_today and outcome == Reminder.Outcome.SENT:
        outbox.enqueue(
            recipient_id=patient.recipient_id,
            kind=outbox.Kind.DIARY_REMINDER,
            group=_group(patient, local_date),
            urgency=outbox.Urgency.ROUTINE,
            expires_at=due_at + USEFUL_FOR,
            link="/",
            at=at,
        )
    schedule(patient=patient, at=max(at, due_at))


def _outcome(
    patient: Patient, *, local_date: date, due_at: datetime, at: datetime
) -> Reminder.Outcome:
    if DiaryEntry.objects.filter(
        patient=patient, local_date=local_date, retracted_at=None
    ).exists():
        return Reminder.Outcome.ALREADY_LOGGED
    if at >= due_at + USEFUL_FOR:
        return Reminder.Outcome.MISSED
    if not outbox.reachable(patient.recipient_id):
        return Reminder.Outcome.UNREACHABLE
    return Reminder.Outcome.SENT


def _group(patient: Patient, local_date: date) -> str:
    return f"reminder:{patient.id}:{local_date.isoformat()}"

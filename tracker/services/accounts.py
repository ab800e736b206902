"""What patients change about themselves."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from notifications import outbox
from tracker.models import Patient, PatientTimeZone

from . import audit, reminders
from .calendars import calendar_of


class Unchanged:
    """Stands for a field that a request leaves as it is; None is a value."""


UNCHANGED = Unchanged()


@transaction.atomic
def change(
    *,
    by: Patient,
    full_name: str | Unchanged = UNCHANGED,
    time_zone: str | Unchanged = UNCHANGED,
    reminder_time: time | Unchanged | None = UNCHANGED,
    at: datetime,
) -> Patient:
    """Store what was given; a new zone counts the days from tomorrow on."""
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if not isinstance(full_name, Unchanged):
        patient.full_name = full_name
    if not isinstance(time_zone, Unchanged) and time_zone != patient.time_zone:
        _move(patient, time_zone, at=at)
    if not isinstance(reminder_time, Unchanged):
        patient.reminder_time = reminder_time
    if patient.reminder_time is None:
        patient.remind_at = None
    patient.save()
    reminders.schedule(patient=patient, at=at)
    audit.record(
        action="patient.change",
        by=patient,
        at=at,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
    )
    return patient


def _move(patient: Patient, time_zone: str, *, at: datetime) -> None:
    """Count in the new zone from the first date that has begun in neither.

    So no day that was already logged becomes another one. A change that has not taken
    effect yet is forgotten.
    """
    today = calendar_of(patient).today(at)
    there = at.astimezone(ZoneInfo(time_zone)).date()
    patient.time_zones.filter(from_date__gt=today).delete()
    PatientTimeZone.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        from_date=max(today, there) + timedelta(days=1),
        time_zone=time_zone,
    )
    patient.time_zone = time_zone
    outbox.upsert_recipient(recipient_id=patient.recipient_id, language="en", time_zone=time_zone)

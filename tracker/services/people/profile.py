"""What patients change about themselves."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from notifications import outbox
from tracker.models import Patient, PatientTimeZone
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.local_time.calendars import calendar_of
from tracker.services.reminders import reminder_slots


class Unchanged:
    """Stands for a field that a request leaves as it is; None is a value."""


UNCHANGED = Unchanged()

#: From when until when, by the patient's clock.
QuietHours = tuple[time, time]


@transaction.atomic
def change(
    context: Context[Actor],
    *,
    patient: Patient,
    full_name: str | Unchanged = UNCHANGED,
    time_zone: str | Unchanged = UNCHANGED,
    declined_time_zone: str | Unchanged = UNCHANGED,
    reminder_time: time | Unchanged | None = UNCHANGED,
    reminds_on_weekends: bool | Unchanged = UNCHANGED,
    quiet_hours: QuietHours | Unchanged | None = UNCHANGED,
) -> Patient:
    """Store what was given; a new zone counts the days from tomorrow on."""
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if not isinstance(full_name, Unchanged):
        patient.full_name = full_name
    if not isinstance(time_zone, Unchanged) and time_zone != patient.time_zone:
        _move(patient, time_zone, at=context.at)
    if not isinstance(declined_time_zone, Unchanged):
        patient.declined_time_zone = declined_time_zone
    if not isinstance(reminds_on_weekends, Unchanged):
        patient.reminds_on_weekends = reminds_on_weekends
    if not isinstance(quiet_hours, Unchanged):
        patient.quiet_from, patient.quiet_until = quiet_hours or (None, None)
    patient.save()
    _tell_the_outbox(patient)
    if not isinstance(reminder_time, Unchanged):
        reminder_slots.set_diary_time(patient=patient, wall_time=reminder_time, at=context.at)
    reminder_slots.schedule_all(patient=patient, at=context.at)
    audit.record(context, "patient.change", patient)
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
    patient.declined_time_zone = ""


def _tell_the_outbox(patient: Patient) -> None:
    outbox.upsert_recipient(
        recipient_id=patient.recipient_id,
        language="en",
        time_zone=patient.time_zone,
        quiet_from=patient.quiet_from,
        quiet_until=patient.quiet_until,
    )

"""Changes that patients make to their profile."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from msgspec import UNSET, UnsetType

from notifications import outbox
from tracker.models import Patient, PatientTimeZone
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.local_time.calendars import calendar_of
from tracker.services.reminders import reminder_slots

#: From when until when, in the patient's local time.
QuietHours = tuple[time, time]


@transaction.atomic
def change(
    context: Context[Actor],
    *,
    patient: Patient,
    full_name: str | UnsetType = UNSET,
    time_zone: str | UnsetType = UNSET,
    declined_time_zone: str | UnsetType = UNSET,
    reminder_time: time | UnsetType | None = UNSET,
    reminds_on_weekends: bool | UnsetType = UNSET,
    quiet_hours: QuietHours | UnsetType | None = UNSET,
) -> Patient:
    """Store the fields that are set; another time zone applies from tomorrow on."""
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if full_name is not UNSET:
        patient.full_name = full_name
    if time_zone is not UNSET and time_zone != patient.time_zone:
        _move(patient, time_zone, at=context.at)
    if declined_time_zone is not UNSET:
        patient.declined_time_zone = declined_time_zone
    if reminds_on_weekends is not UNSET:
        patient.reminds_on_weekends = reminds_on_weekends
    if quiet_hours is not UNSET:
        patient.quiet_from, patient.quiet_until = quiet_hours or (None, None)
    patient.save()
    _tell_the_outbox(patient)
    if reminder_time is not UNSET:
        reminder_slots.set_diary_time(patient=patient, wall_time=reminder_time, at=context.at)
    reminder_slots.schedule_all(patient=patient, at=context.at)
    audit.record(context, "patient.change", patient)
    return patient


def _move(patient: Patient, time_zone: str, *, at: datetime) -> None:
    """Apply the new zone from the first date that has begun in neither zone.

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

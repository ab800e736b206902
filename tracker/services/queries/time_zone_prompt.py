"""A phone in another time zone: the patient is asked before the diary follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from tracker.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeZonePrompt:
    """Asks whether the diary and the reminders should follow the phone."""

    time_zone: str
    local_time: time
    present_time_zone: str
    present_local_time: time


def prompt(*, patient: Patient, phone_zone: str, at: datetime) -> TimeZonePrompt | None:
    """The prompt, unless the patient declined this zone. The caller has a transaction.

    A refusal is kept until the phone is back in the patient's zone.
    """
    found = difference(patient=patient, phone_zone=phone_zone, at=at)
    if found is None and patient.declined_time_zone:
        Patient.objects.filter(pk=patient.pk).update(declined_time_zone="")
    return None if phone_zone == patient.declined_time_zone else found


def difference(*, patient: Patient, phone_zone: str, at: datetime) -> TimeZonePrompt | None:
    """The two times, if the phone's clock shows another one than the diary's."""
    there, here = at.astimezone(ZoneInfo(phone_zone)), at.astimezone(patient.zone)
    if there.utcoffset() == here.utcoffset():
        return None
    return TimeZonePrompt(
        time_zone=phone_zone,
        local_time=there.time(),
        present_time_zone=patient.time_zone,
        present_local_time=here.time(),
    )

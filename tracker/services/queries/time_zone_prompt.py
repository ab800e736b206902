"""A phone in another time zone: the patient is asked before anything shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from tracker.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneQuestion:
    """Whether the diary and the reminders should follow the phone."""

    time_zone: str
    local_time: time
    present_time_zone: str
    present_local_time: time


def ask(*, patient: Patient, phone_zone: str, at: datetime) -> ZoneQuestion | None:
    """What to ask, if the answer is not known. The caller has a transaction.

    A no holds until the phone is back in the patient's zone; then it is forgotten.
    """
    found = question(patient=patient, phone_zone=phone_zone, at=at)
    if found is None and patient.declined_time_zone:
        Patient.objects.filter(pk=patient.pk).update(declined_time_zone="")
    return None if phone_zone == patient.declined_time_zone else found


def question(*, patient: Patient, phone_zone: str, at: datetime) -> ZoneQuestion | None:
    """What the difference is, if the phone's clock shows another time."""
    there, here = at.astimezone(ZoneInfo(phone_zone)), at.astimezone(patient.zone)
    if there.utcoffset() == here.utcoffset():
        return None
    return ZoneQuestion(
        time_zone=phone_zone,
        local_time=there.time(),
        present_time_zone=patient.time_zone,
        present_local_time=here.time(),
    )

"""Who is on duty in a rotation, now and in the time ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications import outbox
from tracker.models import Clinician, Rotation
from tracker.services.on_call import duty


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    person: Clinician | None
    is_reachable: bool
    starts_at: datetime
    ends_at: datetime
    is_override: bool


def turns(rotation: Rotation, at: datetime, ahead: timedelta) -> list[Turn]:
    """Return the turns between `at` and so much time ahead, in their order."""
    people = {each.id: each for each in Clinician.objects.filter(clinic_id=rotation.clinic_id)}
    active = Clinician.objects.active().filter(clinic_id=rotation.clinic_id)
    reachable = {each.id for each in active if outbox.reachable(each.recipient_id)}
    shifts = duty.shifts(
        duty.roster_of(rotation),
        duty.overrides_of(rotation, since=at),
        start=at,
        end=at + ahead,
    )
    return [
        Turn(
            person=people[shift.clinician] if shift.clinician else None,
            is_reachable=shift.clinician in reachable,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            is_override=shift.is_override,
        )
        for shift in shifts
    ]


def turn_now(rotation: Rotation, at: datetime) -> Turn:
    return turns(rotation, at, timedelta(minutes=1))[0]

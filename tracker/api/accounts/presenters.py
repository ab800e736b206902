"""Maps rows and query results to the schemas of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from tracker.api.accounts import schemas
from tracker.api.http.local_time import format_wall_time
from tracker.models import Clinic, StaffedHours
from tracker.services.people import consent
from tracker.services.queries import patient_data


def profile(found: patient_data.Profile) -> schemas.ProfileResponse:
    patient = found.patient
    reminder = patient.reminder_time
    return schemas.ProfileResponse(
        id=patient.id,
        full_name=patient.full_name,
        email=patient.user.email if patient.user else "",
        time_zone=patient.time_zone,
        time_zone_today=found.zone_today,
        reminder_time=format_wall_time(reminder) if reminder else None,
        reminds_on_weekends=patient.reminds_on_weekends,
        quiet_hours=_quiet_hours(patient.quiet_from, patient.quiet_until),
        enrolled_at=patient.enrolled_at,
        clinic=clinic(patient.clinic, found.hours),
    )


def clinic(row: Clinic, hours: Iterable[StaffedHours]) -> schemas.ClinicContact:
    return schemas.ClinicContact(
        name=row.name,
        phone=row.phone,
        emergency_number=row.emergency_number,
        crisis_line=consent.CRISIS_LINE,
        time_zone=row.time_zone,
        staffed_hours=[
            schemas.OpenHours(
                weekday=span.weekday,
                opens=format_wall_time(span.opens),
                closes=format_wall_time(span.closes),
            )
            for span in hours
        ],
    )


def _quiet_hours(begin: time | None, end: time | None) -> schemas.QuietHoursResponse | None:
    if begin is None or end is None:
        return None
    return schemas.QuietHoursResponse(
        from_time=format_wall_time(begin), until_time=format_wall_time(end)
    )

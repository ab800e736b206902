"""The clinic itself: its name, its zone, its hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from django.db import transaction

from tracker.models import Clinic, Clinician, Holiday, StaffedHours
from tracker.rules.history.calendar import zone_names
from tracker.services import audit
from tracker.services.clinics import care_teams
from tracker.services.context import Actor, Context
from tracker.services.errors import ServiceError
from tracker.services.rulesets import adoption


class TimeZoneUnknown(ServiceError):
    """That is not a time zone of the IANA list, such as America/New_York."""

    code = "time_zone_unknown"


class StaffedHoursInvalid(ServiceError):
    """Each span ends after it starts, and the spans of a day do not overlap."""

    code = "staffed_hours_invalid"


class ClinicUnknown(ServiceError):
    """There is no clinic of that name or id, or there are several."""

    code = "clinic_unknown"


class ClinicNeverStaffed(ServiceError):
    """Without staffed hours no deadline but an emergency's would ever pass."""

    code = "clinic_never_staffed"


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A part of a weekday, 0 Monday .. 6 Sunday, in the clinic's wall time."""

    weekday: int
    opens: time
    closes: time


DEFAULT_HOURS = tuple(Span(weekday, time(8), time(17)) for weekday in range(5))
DEFAULT_CARE_TEAM = "Back pain team"


@transaction.atomic
def create(
    context: Context[Actor],
    *,
    name: str,
    time_zone: str,
    phone: str = "",
    emergency_number: str = "911",
) -> Clinic:
    """Open a clinic: usual hours, one care team, a ladder for each priority."""
    clinic = Clinic.objects.create(
        name=name,
        time_zone=_known(time_zone),
        phone=phone,
        emergency_number=emergency_number,
        created_at=context.at,
    )
    _write_hours(clinic, DEFAULT_HOURS)
    care_teams.create(context, clinic=clinic, name=DEFAULT_CARE_TEAM)
    adoption.open_with_live(context, clinic=clinic)
    audit.record(context, "clinic.create", clinic)
    return clinic


def find(wanted: str) -> Clinic:
    """The clinic of this name or id. Raises ClinicUnknown."""
    named = [each for each in Clinic.objects.all() if wanted in {each.name, str(each.pk)}]
    if len(named) != 1:
        raise ClinicUnknown
    return named[0]


@transaction.atomic
def change(
    context: Context[Clinician],
    *,
    clinic: Clinic,
    name: str,
    time_zone: str,
    phone: str,
    emergency_number: str,
) -> Clinic:
    clinic.name = name
    clinic.time_zone = _known(time_zone)
    clinic.phone = phone
    clinic.emergency_number = emergency_number
    clinic.save(update_fields=["name", "time_zone", "phone", "emergency_number"])
    _record(context, "clinic.change", clinic)
    return clinic


@transaction.atomic
def set_staffed_hours(
    context: Context[Clinician], *, clinic: Clinic, spans: Iterable[Span]
) -> None:
    """Replace the week. Deadlines that run already keep their time."""
    week = sorted(spans)
    if not week:
        raise ClinicNeverStaffed
    for span in week:
        if span.opens >= span.closes:
            raise StaffedHoursInvalid
    for earlier, later in pairwise(week):
        if earlier.weekday == later.weekday and later.opens < earlier.closes:
            raise StaffedHoursInvalid
    StaffedHours.objects.filter(clinic=clinic).delete()
    _write_hours(clinic, week)
    _record(context, "clinic.set_hours", clinic)


@transaction.atomic
def add_holiday(
    context: Context[Clinician], *, clinic: Clinic, holiday_date: date, name: str
) -> Holiday:
    """Close the clinic for a day; naming a day again renames it."""
    holiday, _ = Holiday.objects.update_or_create(
        clinic=clinic, holiday_date=holiday_date, defaults={"name": name}
    )
    _record(context, "clinic.add_holiday", clinic)
    return holiday


@transaction.atomic
def remove_holiday(context: Context[Clinician], *, holiday: Holiday) -> None:
    holiday.delete()
    _record(context, "clinic.remove_holiday", holiday.clinic)


def _known(time_zone: str) -> str:
    if time_zone not in zone_names():
        raise TimeZoneUnknown
    return time_zone


def _write_hours(clinic: Clinic, spans: Iterable[Span]) -> None:
    StaffedHours.objects.bulk_create(
        StaffedHours(clinic=clinic, weekday=span.weekday, opens=span.opens, closes=span.closes)
        for span in spans
    )


def _record(context: Context[Clinician], action: str, clinic: Clinic) -> None:
    audit.record(context, action, clinic)

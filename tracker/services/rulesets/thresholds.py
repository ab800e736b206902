"""The numbers of the rules, for a clinic or for one patient, within their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from tracker.models import Clinic, Clinician, Patient, ThresholdChange
from tracker.rules import THRESHOLDS, InvalidThreshold, Thresholds
from tracker.rules.thresholds import Bounds, bounds
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import NotFound, ServiceError
from tracker.services.local_time.calendars import calendar_of
from tracker.services.rulesets.adoption import (
    TakesEffectTooSoon,
    check_administrator,
    check_reason,
    earliest_start,
)
from tracker.services.rulesets.ruleset_periods import in_force, number_of, periods_of

#: Where the first passes the second, a rule could never be true, or never be the milder.
ORDERED = (("early_first_day", "early_last_day"), ("mme_caution", "mme_high"))


class ThresholdRefused(ServiceError):
    """No threshold has this name, or the value is outside its bounds."""

    code = "threshold_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One threshold: its bounds, its value, and who set it."""

    name: str
    bounds: Bounds
    default: int | float
    value: int | float
    #: "ruleset", "clinic" or "patient"
    set_by: str


@transaction.atomic
def change(
    context: Context[Clinician],
    *,
    clinic: Clinic,
    patient: Patient | None = None,
    name: str,
    value: Decimal | None,
    from_date: date,
    reason: str,
) -> ThresholdChange:
    """Set a number from a local date on; None removes what was set before.

    Days that were evaluated already do not change: the date is tomorrow or later.
    """
    _check_who(context, clinic, patient)
    check_reason(reason)
    earliest = _earliest(clinic, patient, context.at)
    if from_date < earliest:
        raise TakesEffectTooSoon
    _check(clinic, patient, name, value, from_date)
    row = ThresholdChange.objects.create(
        clinic=clinic,
        patient=patient,
        name=name,
        value=value,
        from_date=from_date,
        reason=reason,
        changed_by=context.actor,
        changed_at=context.at,
    )
    audit.record(context, "threshold.change", patient or clinic, subject_id=row.pk)
    return row


def settings_of(*, clinic: Clinic, patient: Patient | None = None, on: date) -> list[Setting]:
    """Every number as it is in force on a local date."""
    of_clinic = in_force(periods_of(clinic_id=clinic.id), on).thresholds
    of_both = of_clinic
    if patient is not None:
        of_both = in_force(periods_of(clinic_id=clinic.id, patient_id=patient.id), on).thresholds
    defaults = asdict(THRESHOLDS)
    return [
        Setting(
            name=name,
            bounds=limit,
            default=_plain(defaults[name]),
            value=of_both.get(name, _plain(defaults[name])),
            set_by=_set_by(name, of_clinic, of_both),
        )
        for name, limit in bounds().items()
    ]


def checked(changes: Mapping[str, int | float]) -> Thresholds:
    """The ruleset's numbers with these changed. Raises ThresholdRefused."""
    try:
        changed = THRESHOLDS.with_changes(changes)
    except InvalidThreshold as error:
        raise ThresholdRefused(f"{error.name}: {error.message}.") from None
    for lower, upper in ORDERED:
        if getattr(changed, lower) > getattr(changed, upper):
            raise ThresholdRefused(f"{lower} may not be above {upper}.")
    return changed


def _check_who(context: Context[Clinician], clinic: Clinic, patient: Patient | None) -> None:
    if patient is None:
        check_administrator(context, clinic)
        return
    patients = Patient.objects.for_clinician(context.actor)
    if not patients.filter(pk=patient.pk, clinic=clinic).exists():
        raise NotFound


def _earliest(clinic: Clinic, patient: Patient | None, at: datetime) -> date:
    if patient is None:
        return earliest_start(clinic, at)
    return calendar_of(patient).today(at) + timedelta(days=1)


def _check(
    clinic: Clinic, patient: Patient | None, name: str, value: Decimal | None, from_date: date
) -> None:
    periods = periods_of(clinic_id=clinic.id, patient_id=patient.id if patient else None)
    numbers = dict(in_force(periods, from_date).thresholds)
    numbers.pop(name, None)
    if name not in bounds():
        raise ThresholdRefused("No threshold has this name.")
    checked(numbers if value is None else {**numbers, name: number_of(value)})


def _set_by(
    name: str, of_clinic: Mapping[str, int | float], of_both: Mapping[str, int | float]
) -> str:
    if name in of_both and of_both[name] != of_clinic.get(name):
        return "patient"
    return "clinic" if name in of_clinic else "ruleset"


def _plain(number: object) -> int | float:
    assert isinstance(number, int | float) or hasattr(number, "numerator")
    return number if isinstance(number, int) else float(number)  # type: ignore[arg-type]

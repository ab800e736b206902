"""Which version of the rules a clinic runs: adopted from a local date on, with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from tracker import rules
from tracker.models import Clinic, Clinician, RulesetAdoption
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import Conflict, NotFound, ServiceError


class RulesetUnknown(ServiceError):
    """There is no ruleset of that version."""

    code = "ruleset_unknown"


class TakesEffectTooSoon(ServiceError):
    """Choose a date from tomorrow on. Days that have been evaluated are not changed."""

    code = "takes_effect_too_soon"


class ReasonMissing(ServiceError):
    """Enter a reason for the change."""

    code = "reason_missing"


class AlreadyAdopted(Conflict):
    """Another ruleset takes effect on that date. Choose another date."""

    code = "already_adopted"


@transaction.atomic
def adopt(
    context: Context[Clinician], *, clinic: Clinic, version: str, from_date: date, reason: str
) -> RulesetAdoption:
    """Evaluate the clinic's patients by another version from a local date on."""
    check_administrator(context, clinic)
    check_version(version)
    check_reason(reason)
    if from_date < earliest_start(clinic, context.at):
        raise TakesEffectTooSoon
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if RulesetAdoption.objects.filter(clinic=clinic, from_date=from_date).exists():
        raise AlreadyAdopted
    return _write(context, clinic, version, from_date, reason)


def open_with_live(context: Context[Actor], *, clinic: Clinic) -> RulesetAdoption:
    """A new clinic begins with the live version, and keeps it until it adopts another."""
    today = context.at.astimezone(clinic.zone).date()
    reason = "The clinic opened with it."
    return _write(context, clinic, rules.LIVE.version, today, reason)


def earliest_start(clinic: Clinic, at: datetime) -> date:
    return at.astimezone(clinic.zone).date() + timedelta(days=1)


def check_administrator(context: Context[Clinician], clinic: Clinic) -> None:
    if not context.actor.is_administrator or context.actor.clinic_id != clinic.id:
        raise NotFound


def check_version(version: str) -> None:
    if version not in rules.RULESETS:
        raise RulesetUnknown


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


def _write(
    context: Context[Actor], clinic: Clinic, version: str, from_date: date, reason: str
) -> RulesetAdoption:
    adoption = RulesetAdoption.objects.create(
        clinic=clinic,
        version=version,
        from_date=from_date,
        reason=reason,
        adopted_by=context.clinician,
        adopted_at=context.at,
    )
    audit.record(context, "ruleset.adopt", adoption)
    return adoption

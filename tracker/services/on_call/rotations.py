"""On-call rotations: their members, their turns, and overrides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction

from tracker.models import (
    Clinic,
    Clinician,
    Escalation,
    EscalationStep,
    Rotation,
    RotationMember,
    RotationOverride,
)
from tracker.models.escalation import LIVE
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, ServiceError

MOST_MEMBERS = 20
LONGEST_OVERRIDE = timedelta(days=31)


class RotationWithoutMembers(ServiceError):
    """A rotation needs at least one person."""

    code = "rotation_without_members"


class RotationTooLong(ServiceError):
    """A rotation has at most 20 places. Remove some."""

    code = "rotation_too_long"


class RotationNameTaken(ServiceError):
    """Another rotation of this clinic has that name. Choose another name."""

    code = "rotation_name_taken"


class CannotBeOnCall(ServiceError):
    """Only clinicians who work at this clinic and see diaries can be on call."""

    code = "cannot_be_on_call"


class RotationInUse(Conflict):
    """An escalation policy or a running escalation uses this rotation. Change the policy first."""

    code = "rotation_in_use"


class OverrideInvalid(ServiceError):
    """The end must be after the start and in the future, at most 31 days later."""

    code = "override_invalid"


@transaction.atomic
def save(
    context: Context[Clinician],
    *,
    rotation: Rotation,
    name: str,
    turn_days: int,
    hand_over_time: time,
    first_date: date,
    members: Sequence[Clinician],
) -> Rotation:
    """Create or replace a rotation. Running escalations keep the people they notified."""
    _check(rotation, name, members)
    rotation.name = name
    rotation.turn_days = turn_days
    rotation.hand_over_time = hand_over_time
    rotation.first_date = first_date
    rotation.save()
    rotation.members.all().delete()
    RotationMember.objects.bulk_create(
        RotationMember(
            clinic_id=rotation.clinic_id, rotation=rotation, position=position, clinician=member
        )
        for position, member in enumerate(members, start=1)
    )
    _record(context, "rotation.save", rotation)
    return rotation


def _check(rotation: Rotation, name: str, members: Sequence[Clinician]) -> None:
    if not members:
        raise RotationWithoutMembers
    if len(members) > MOST_MEMBERS:
        raise RotationTooLong
    _check_people(rotation, members)
    others = Rotation.objects.filter(clinic_id=rotation.clinic_id, name=name)
    if others.exclude(pk=rotation.pk).exists():
        raise RotationNameTaken


def _check_people(rotation: Rotation, people: Iterable[Clinician]) -> None:
    able = {each.id for each in candidates(rotation.clinic)}
    if not able.issuperset(each.id for each in people):
        raise CannotBeOnCall


def candidates(clinic: Clinic) -> list[Clinician]:
    """The clinicians who may be on call: those who could acknowledge an escalation."""
    return [each for each in Clinician.objects.active().filter(clinic=clinic) if each.sees_diaries]


@transaction.atomic
def remove(context: Context[Clinician], *, rotation: Rotation) -> None:
    running = EscalationStep.objects.filter(
        rotation=rotation, fired_at=None, escalation__in=Escalation.objects.filter(state__in=LIVE)
    )
    if rotation.policy_steps.exists() or running.exists():
        raise RotationInUse
    _record(context, "rotation.remove", rotation)
    rotation.delete()


@transaction.atomic
def add_override(
    context: Context[Clinician],
    *,
    rotation: Rotation,
    clinician: Clinician,
    starts_at: datetime,
    ends_at: datetime,
) -> RotationOverride:
    """Add an override; of two for one time the later entered holds."""
    if not (starts_at < ends_at <= starts_at + LONGEST_OVERRIDE and context.at < ends_at):
        raise OverrideInvalid
    _check_people(rotation, [clinician])
    override = RotationOverride.objects.create(
        clinic_id=rotation.clinic_id,
        rotation=rotation,
        clinician=clinician,
        starts_at=starts_at,
        ends_at=ends_at,
        entered_by=context.actor,
        entered_at=context.at,
    )
    _record(context, "rotation.override", rotation)
    return override


@transaction.atomic
def remove_override(context: Context[Clinician], *, override: RotationOverride) -> None:
    _record(context, "rotation.remove_override", override.rotation)
    override.delete()


def _record(context: Context[Clinician], action: str, rotation: Rotation) -> None:
    audit.record(context, action, rotation)

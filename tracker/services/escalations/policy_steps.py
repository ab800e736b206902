"""The steps of an escalation policy: who is told, in which order, after how long. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from tracker.models import (
    CareTeam,
    Clinician,
    EscalationPolicy,
    EscalationPolicyStep,
    Priority,
    Rotation,
)
from tracker.services.escalations.deadlines import PAGE_AGAIN_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedStep:
    """A step of a policy with the people whom it notifies."""

    position: int
    delay_minutes: int
    label: str
    clinicians: tuple[UUID, ...]  #: of a rotation, all its people: one is on duty when it fires
    rotation: Rotation | None = None


def steps_of_policy(care_team: CareTeam, priority: str) -> list[ResolvedStep]:
    """The policy's present steps; without a policy, the team, then the administrators."""
    policy = EscalationPolicy.objects.filter(care_team=care_team, priority=priority).first()
    steps = list(policy.steps.select_related("clinician", "rotation")) if policy else []
    if not steps:
        return _default_steps(care_team)
    return [
        ResolvedStep(
            position=step.position,
            delay_minutes=step.delay_minutes,
            label=_label(step),
            clinicians=_people(care_team, step),
            rotation=step.rotation,
        )
        for step in steps
    ]


def steps_of_run(care_team: CareTeam, priority: str) -> list[ResolvedStep]:
    """The steps of one run of the policy, repeats included.

    A repeat begins as long after the last step as an exhausted escalation would page again.
    """
    steps = steps_of_policy(care_team, priority)
    policy = EscalationPolicy.objects.filter(care_team=care_team, priority=priority).first()
    pause = max(steps[0].delay_minutes, PAGE_AGAIN_AFTER[Priority(priority)])
    again = [replace(steps[0], delay_minutes=pause), *steps[1:]]
    return steps + again * (policy.repeats if policy else 0)


def team_and_administrators(care_team: CareTeam) -> tuple[UUID, ...]:
    """Whom an exhausted escalation pages."""
    return tuple(dict.fromkeys((*team(care_team), *_administrators(care_team))))


def _default_steps(care_team: CareTeam) -> list[ResolvedStep]:
    return [
        ResolvedStep(position=1, delay_minutes=0, label=str(care_team), clinicians=team(care_team)),
        ResolvedStep(
            position=2,
            delay_minutes=15,
            label="administrators",
            clinicians=_administrators(care_team),
        ),
    ]


def _label(step: EscalationPolicyStep) -> str:
    return str(step.rotation or step.clinician or step.get_role_display())


def _people(care_team: CareTeam, step: EscalationPolicyStep) -> tuple[UUID, ...]:
    if step.rotation:
        return _members(step.rotation)
    if step.clinician_id:
        return (step.clinician_id,)
    if step.role == Clinician.Role.ADMINISTRATOR:
        return _administrators(care_team)
    return team(care_team, role=step.role)


def team(care_team: CareTeam, **only: str) -> tuple[UUID, ...]:
    members = care_team.clinicians.active().filter(**only)
    return tuple(members.order_by("full_name", "id").values_list("id", flat=True))


def _members(rotation: Rotation) -> tuple[UUID, ...]:
    places = rotation.members.filter(clinician__in=Clinician.objects.active())
    return tuple(dict.fromkeys(places.values_list("clinician_id", flat=True)))


def _administrators(care_team: CareTeam) -> tuple[UUID, ...]:
    people = Clinician.objects.active().filter(clinic_id=care_team.clinic_id, is_administrator=True)
    return tuple(people.order_by("full_name", "id").values_list("id", flat=True))

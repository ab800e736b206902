"""The escalation policies of a care team, with the people whom they would tell now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications import outbox
from tracker.models import CareTeam, Clinician
from tracker.services.escalations import policies, policy_steps
from tracker.services.on_call import duty


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyStep:
    label: str
    delay_minutes: int
    is_rotation: bool
    #: whom it would tell, and whether a notification can reach them
    people: Sequence[tuple[Clinician, bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    priority: str
    steps: Sequence[PolicyStep]
    repeats: int
    reaches_somebody: bool


def policies_of(team: CareTeam, at: datetime) -> list[Policy]:
    """Return the policy of each priority that is escalated."""
    people = {each.id: each for each in Clinician.objects.filter(clinic_id=team.clinic_id)}
    repeats = dict(team.policies.values_list("priority", "repeats"))
    reachable = {key for key, each in people.items() if outbox.reachable(each.recipient_id)}
    return [
        Policy(
            priority=priority,
            steps=[
                PolicyStep(
                    label=step.label,
                    delay_minutes=step.delay_minutes,
                    is_rotation=step.rotation is not None,
                    people=[(people[key], key in reachable) for key in _told_at(step, at)],
                )
                for step in policy_steps.steps_of_policy(team, priority)
            ],
            repeats=repeats.get(priority, 0),
            reaches_somebody=policies.reaches_somebody(care_team=team, priority=priority),
        )
        for priority in policies.POLICY_PRIORITIES
    ]


def _told_at(step: policy_steps.ResolvedStep, at: datetime) -> tuple[UUID, ...]:
    if step.rotation is None:
        return step.clinicians
    person = duty.person(step.rotation, at)
    return (person,) if person else ()


def priorities_without_recipient(team: CareTeam) -> list[str]:
    """Return the priorities whose policy has no recipient with a working address."""
    return [
        priority
        for priority in policies.POLICY_PRIORITIES
        if not policies.reaches_somebody(care_team=team, priority=priority)
    ]


def unreachable_people(team: CareTeam) -> list[Clinician]:
    """Return the active people of the team's clinic who have no working address."""
    people = Clinician.objects.active().filter(clinic_id=team.clinic_id)
    return [each for each in people if not outbox.reachable(each.recipient_id)]

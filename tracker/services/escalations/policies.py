"""The escalation policies of a care team: who is told, and after how long the next one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import (
    CareTeam,
    Clinician,
    EscalationPolicy,
    EscalationPolicyStep,
    Priority,
)
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.escalations.policy_steps import steps_of_policy

MAX_STEPS = 10
MAX_REPEATS = 3
MAX_DELAY_MINUTES = 7 * 24 * 60
POLICY_PRIORITIES = (Priority.P0, Priority.P1, Priority.P2, Priority.P3)


class PolicyWithoutSteps(ServiceError):
    """Add at least one step to the escalation policy."""

    code = "policy_without_steps"


class PolicyTooLong(ServiceError):
    """An escalation policy has at most 10 steps. Remove some."""

    code = "policy_too_long"


class PolicyDelayInvalid(ServiceError):
    """The first step waits 0 minutes or more, each later one 1 minute to 7 days."""

    code = "policy_delay_invalid"


class PolicyRepeatsInvalid(ServiceError):
    """An escalation policy is repeated at most 3 times; then everybody is paged."""

    code = "policy_repeats_invalid"


class PolicyReachesNobody(ServiceError):
    """Nobody in this escalation policy can be reached. Add someone who has a working address."""

    code = "policy_reaches_nobody"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step: notifies a role of the care team, one clinician, or whoever is on duty."""

    delay_minutes: int
    role: str = ""
    clinician_id: UUID | None = None
    rotation_id: UUID | None = None


def _by_role(*steps: tuple[int, str]) -> tuple[Step, ...]:
    return tuple(Step(delay_minutes=minutes, role=role) for minutes, role in steps)


#: P0 counts wall time, the others staffed time; each policy ends within its target.
DEFAULT_POLICIES: dict[Priority, tuple[Step, ...]] = {
    Priority.P0: _by_role((0, "nurse"), (15, "physician"), (15, "physician")),
    Priority.P1: _by_role((0, "nurse"), (120, "physician"), (60, "physician")),
    Priority.P2: _by_role((0, "nurse"), (270, "physician")),
    Priority.P3: _by_role((0, "nurse"), (1350, "physician")),
}


def create_defaults(*, care_team: CareTeam) -> None:
    """Create a new care team's policies. They notify roles, which include later members."""
    for priority, steps in DEFAULT_POLICIES.items():
        policy = EscalationPolicy.objects.create(
            clinic_id=care_team.clinic_id, care_team=care_team, priority=priority
        )
        _write(policy, steps)


@transaction.atomic
def set_policy(
    context: Context[Clinician],
    *,
    care_team: CareTeam,
    priority: str,
    steps: Sequence[Step],
    repeats: int = 0,
) -> EscalationPolicy:
    """Replace a policy. Running escalations keep the steps they began with."""
    _check(steps, repeats)
    policy, _ = EscalationPolicy.objects.select_for_update().update_or_create(
        clinic_id=context.actor.clinic_id,
        care_team=care_team,
        priority=priority,
        defaults={"repeats": repeats},
    )
    policy.steps.all().delete()
    _write(policy, steps)
    if not reaches_somebody(care_team=care_team, priority=priority):
        raise PolicyReachesNobody
    audit.record(context, "escalation_policy.change", policy)
    return policy


def _check(steps: Sequence[Step], repeats: int) -> None:
    if not 0 <= repeats <= MAX_REPEATS:
        raise PolicyRepeatsInvalid
    if not steps:
        raise PolicyWithoutSteps
    if len(steps) > MAX_STEPS:
        raise PolicyTooLong
    for position, step in enumerate(steps, start=1):
        if not min(position - 1, 1) <= step.delay_minutes <= MAX_DELAY_MINUTES:
            raise PolicyDelayInvalid


def _write(policy: EscalationPolicy, steps: Iterable[Step]) -> None:
    EscalationPolicyStep.objects.bulk_create(
        EscalationPolicyStep(
            clinic_id=policy.clinic_id,
            policy=policy,
            position=position,
            delay_minutes=step.delay_minutes,
            role=step.role,
            clinician_id=step.clinician_id,
            rotation_id=step.rotation_id,
        )
        for position, step in enumerate(steps, start=1)
    )


def reaches_somebody(*, care_team: CareTeam, priority: str) -> bool:
    """Whether the present policy notifies anyone who has a working address."""
    told = {person for step in steps_of_policy(care_team, priority) for person in step.clinicians}
    people = Clinician.objects.active().filter(clinic_id=care_team.clinic_id, id__in=told)
    return any(outbox.reachable(person.recipient_id) for person in people)

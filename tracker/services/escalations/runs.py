"""One run of an escalation: the policy's steps copied, and the timer of the first one set."""

from __future__ import annotations

from datetime import datetime

from tracker.models import Escalation, EscalationStep
from tracker.services.escalations.deadlines import deadlines_of
from tracker.services.escalations.notices import cancel_notifications
from tracker.services.escalations.policy_steps import steps_of_run


def begin(escalation: Escalation, *, at: datetime) -> None:
    """Copy the policy's present steps: a later edit of the policy changes no run."""
    deadlines = deadlines_of(escalation.flag, escalation.priority)
    steps = steps_of_run(escalation.flag.patient.care_team, escalation.priority)
    first_at = deadlines.after(at, steps[0].delay_minutes)
    EscalationStep.objects.bulk_create(
        EscalationStep(
            clinic_id=escalation.clinic_id,
            escalation=escalation,
            run_number=escalation.run_number,
            position=position,
            delay_minutes=step.delay_minutes,
            label=step.label,
            clinicians=[] if step.rotation else list(step.clinicians),
            rotation=step.rotation,
            due_at=first_at if position == 1 else None,
        )
        for position, step in enumerate(steps, start=1)
    )
    Escalation.objects.filter(pk=escalation.pk).update(next_step_at=first_at)
    escalation.next_step_at = first_at


def restart(escalation: Escalation, *, at: datetime) -> None:
    """Run again from the first step, as the policy stands now."""
    cancel_notifications(escalation, at=at)
    escalation.run_number += 1
    escalation.state = Escalation.State.ACTIVE
    escalation.position = 0
    escalation.next_step_at = at
    escalation.review_by = escalation.wake_at = None
    escalation.owner = None
    escalation.exhausted_at = None
    escalation.save()
    begin(escalation, at=at)

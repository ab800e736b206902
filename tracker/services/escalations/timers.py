"""Timers of escalations: the next step, an overdue review, the end of a snooze."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import F, QuerySet

from notifications import outbox
from tracker.models import Escalation, EscalationStep
from tracker.services import audit
from tracker.services.batches import run_each
from tracker.services.context import Context, System
from tracker.services.escalations.deadlines import Deadlines, deadlines_of
from tracker.services.escalations.notices import is_reachable, notify, urgency_of
from tracker.services.escalations.policy_steps import team, team_and_administrators
from tracker.services.escalations.runs import restart
from tracker.services.escalations.snoozes import wake
from tracker.services.on_call import duty

logger = logging.getLogger(__name__)

#: After an outage the current step fires at once and the next comes this soon, not in a burst.
CATCH_UP = timedelta(minutes=10)


def fire_due(context: Context[System], *, limit: int) -> int:
    """Fire the steps that are due, most urgent first; return how many escalations moved."""
    due = Escalation.objects.filter(next_step_at__lte=context.at)
    return _run_each(context, due.order_by("priority", "next_step_at"), _fire_next_step, limit)


def skip_undelivered(context: Context[System], *, limit: int) -> int:
    """Make the next step due at once where every delivery of the latest one failed."""
    at = context.at
    waiting = Escalation.objects.filter(state=Escalation.State.ACTIVE, next_step_at__gt=at)
    early = [
        step.escalation_id
        for step in _undelivered(waiting)
        if step.escalation.next_step_at
        and _earliest_next_step(step.escalation, at) < step.escalation.next_step_at
    ]
    return _run_each(context, waiting.filter(pk__in=early), _skip_step, limit)


def reopen_overdue(context: Context[System], *, limit: int) -> int:
    """Restart the escalations whose acknowledgement was not followed by a review in time."""
    due = Escalation.objects.filter(review_by__lte=context.at)
    return _run_each(context, due.order_by("priority", "review_by"), _reopen, limit)


def wake_due(context: Context[System], *, limit: int) -> int:
    """Restart the escalations whose snooze is over."""
    due = Escalation.objects.filter(wake_at__lte=context.at)
    return _run_each(context, due.order_by("priority", "wake_at"), wake, limit)


def _run_each(
    context: Context[System],
    due: QuerySet[Escalation],
    act: Callable[[Context[System], Escalation], None],
    limit: int,
) -> int:
    return run_each(
        due.select_related("flag", "clinic"),
        partial(act, context),
        limit=limit,
        failure="escalation_timer_failed",
    )


def _fire_next_step(context: Context[System], escalation: Escalation) -> None:
    """Notify the next step's people; if none can be reached, those of the following one at once."""
    at = context.at
    deadlines = deadlines_of(escalation.flag, escalation.priority)
    step = _next_step(escalation)
    while step is not None and not _fire(escalation, step, at=at):
        step = _next_step(escalation)
    if step is None:
        _exhaust(escalation, deadlines=deadlines, at=at)
        return
    following = _next_step(escalation)
    if following is None:
        escalation.next_step_at = deadlines.page_again(at)
    else:
        # After an outage the following step comes soon, but leaves time for an answer.
        planned_at = deadlines.after(step.due_at or at, following.delay_minutes)
        pause = min(timedelta(minutes=following.delay_minutes), CATCH_UP)
        escalation.next_step_at = max(planned_at, at + pause)
        EscalationStep.objects.filter(pk=following.pk).update(due_at=escalation.next_step_at)
    escalation.save(update_fields=["position", "next_step_at"])


def _next_step(escalation: Escalation) -> EscalationStep | None:
    return escalation.steps.filter(
        run_number=escalation.run_number, position=escalation.position + 1
    ).first()


def _fire(escalation: Escalation, step: EscalationStep, *, at: datetime) -> int:
    people = _recipients(escalation, step, at=at)
    reached = notify(
        escalation,
        clinicians=people,
        kind=outbox.Kind.ESCALATION,
        urgency=urgency_of(escalation),
        at=at,
    )
    if not reached:
        logger.error("escalation_step_unreachable", extra={"subject_id": str(escalation.id)})
    EscalationStep.objects.filter(pk=step.pk).update(
        fired_at=at, reached=reached, due_at=step.due_at or at, clinicians=people
    )
    escalation.position = step.position
    return reached


def _recipients(escalation: Escalation, step: EscalationStep, *, at: datetime) -> list[UUID]:
    """Return whom a step notifies; of a rotation, who is on duty.

    If that person cannot be reached, the whole care team is notified.
    """
    if step.rotation is None:
        return step.clinicians
    person = duty.person(step.rotation, at)
    if person and is_reachable(person):
        return [person]
    logger.warning("escalation_nobody_on_duty", extra={"subject_id": str(escalation.id)})
    return list(team(escalation.flag.patient.care_team))


def _exhaust(escalation: Escalation, *, deadlines: Deadlines, at: datetime) -> None:
    """Page the team and the administrators, repeatedly, until somebody acknowledges."""
    reached = notify(
        escalation,
        clinicians=team_and_administrators(escalation.flag.patient.care_team),
        kind=outbox.Kind.ESCALATION_EXHAUSTED,
        urgency=urgency_of(escalation),
        at=at,
    )
    logger.error(
        "escalation_exhausted",
        extra={"subject_id": str(escalation.id), "count": reached},
    )
    escalation.state = Escalation.State.EXHAUSTED
    escalation.exhausted_at = escalation.exhausted_at or at
    escalation.next_step_at = deadlines.page_again(at)
    escalation.save(update_fields=["state", "position", "exhausted_at", "next_step_at"])


def _undelivered(escalations: QuerySet[Escalation]) -> list[EscalationStep]:
    """The latest fired steps of these escalations whose deliveries have all failed."""
    latest = EscalationStep.objects.filter(
        escalation__in=escalations,
        run_number=F("escalation__run_number"),
        position=F("escalation__position"),
        fired_at__isnull=False,
    ).select_related("escalation__flag__clinic")
    steps = {step.escalation.group: step for step in latest}
    fired_at = {group: step.fired_at for group, step in steps.items() if step.fired_at}
    return [steps[group] for group in outbox.undelivered_groups(fired_at)]


def _earliest_next_step(escalation: Escalation, at: datetime) -> datetime:
    return deadlines_of(escalation.flag, escalation.priority).after(at, 0)


def _skip_step(context: Context[System], escalation: Escalation) -> None:
    # Checked again under the lock: the escalation may have moved in the meantime.
    if not _undelivered(Escalation.objects.filter(pk=escalation.pk)):
        return
    logger.error("escalation_step_undelivered", extra={"subject_id": str(escalation.id)})
    escalation.next_step_at = _earliest_next_step(escalation, context.at)
    escalation.save(update_fields=["next_step_at"])
    escalation.steps.filter(
        run_number=escalation.run_number, position=escalation.position + 1
    ).update(due_at=escalation.next_step_at)


def _reopen(context: Context[System], escalation: Escalation) -> None:
    restart(escalation, at=context.at)
    audit.record(context, "escalation.reopen", escalation)

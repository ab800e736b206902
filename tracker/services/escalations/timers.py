"""What happens to a ladder because time passes: the next step, or a review that did not come."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import F, QuerySet

from notifications import outbox
from tracker.models import Escalation, EscalationStep
from tracker.services.batches import act_on_each
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations.lifecycle import record
from tracker.services.escalations.runs import can_be_told, notify, restart, timetable_of, urgency_of
from tracker.services.escalations.snoozes import wake
from tracker.services.escalations.timetable import Timetable, everybody, team
from tracker.services.on_call import duty

logger = logging.getLogger(__name__)

#: After an outage the current step fires at once and the next comes this soon, not in a burst.
CATCH_UP = timedelta(minutes=10)


def fire_due(*, at: datetime, limit: int) -> int:
    """Fire the steps that are due, most urgent first; return how many ladders moved."""
    due = Escalation.objects.filter(next_step_at__lte=at).order_by("priority", "next_step_at")
    return _each(due, limit, at, _fire_next_step)


def pass_over_lost(*, at: datetime, limit: int) -> int:
    """Make the next step due where the latest told nobody: every delivery of it failed."""
    waiting = Escalation.objects.filter(state=Escalation.State.ACTIVE, next_step_at__gt=at)
    early = [step.escalation_id for step in _lost(waiting) if _can_be_earlier(step.escalation, at)]
    return _each(waiting.filter(pk__in=early), limit, at, _pass_over)


def reopen_overdue(*, at: datetime, limit: int) -> int:
    """Restart the ladders whose acknowledgement was not followed by a review in time."""
    due = Escalation.objects.filter(review_by__lte=at).order_by("priority", "review_by")
    return _each(due, limit, at, _reopen)


def wake_due(*, at: datetime, limit: int) -> int:
    """Run the ladders whose snooze is over."""
    due = Escalation.objects.filter(wake_at__lte=at).order_by("priority", "wake_at")
    return _each(due, limit, at, _wake)


def _each(due: QuerySet[Escalation], limit: int, at: datetime, act: Callable[..., None]) -> int:
    rows = due.select_related("flag", "clinic")
    return act_on_each(rows, partial(act, at=at), limit=limit, failure="escalation_timer_failed")


def _fire_next_step(escalation: Escalation, *, at: datetime) -> None:
    """Tell the next people; if none of them can be reached, those after them, now."""
    timetable = timetable_of(escalation.priority, escalation.flag)
    step = _next_step(escalation)
    while step is not None and not _fire(escalation, step, at=at):
        step = _next_step(escalation)
    if step is None:
        _exhaust(escalation, timetable=timetable, at=at)
        return
    following = _next_step(escalation)
    if following is None:
        escalation.next_step_at = timetable.page_again(at)
    else:
        escalation.next_step_at = _next_time(step, following, timetable=timetable, at=at)
        EscalationStep.objects.filter(pk=following.pk).update(due_at=escalation.next_step_at)
    escalation.save(update_fields=["position", "next_step_at"])


def _lost(ladders: QuerySet[Escalation]) -> list[EscalationStep]:
    """The latest steps of these ladders, if all they sent has failed."""
    latest = EscalationStep.objects.filter(
        escalation__in=ladders,
        epoch=F("escalation__epoch"),
        position=F("escalation__position"),
        fired_at__isnull=False,
    ).select_related("escalation__flag__clinic")
    steps = {step.escalation.group: step for step in latest}
    fired_at = {group: step.fired_at for group, step in steps.items() if step.fired_at}
    return [steps[group] for group in outbox.undelivered_groups(fired_at)]


def _soonest(escalation: Escalation, at: datetime) -> datetime:
    return timetable_of(escalation.priority, escalation.flag).after(at, 0)


def _can_be_earlier(escalation: Escalation, at: datetime) -> bool:
    return (
        escalation.next_step_at is not None and _soonest(escalation, at) < escalation.next_step_at
    )


def _pass_over(escalation: Escalation, *, at: datetime) -> None:
    """Under the lock: the ladder may have moved since it was asked about."""
    if not _lost(Escalation.objects.filter(pk=escalation.pk)):
        return
    logger.error("escalation_step_lost", extra={"subject_id": str(escalation.id)})
    escalation.next_step_at = _soonest(escalation, at)
    escalation.save(update_fields=["next_step_at"])
    escalation.steps.filter(epoch=escalation.epoch, position=escalation.position + 1).update(
        due_at=escalation.next_step_at
    )


def _next_step(escalation: Escalation) -> EscalationStep | None:
    return escalation.steps.filter(epoch=escalation.epoch, position=escalation.position + 1).first()


def _next_time(
    step: EscalationStep, following: EscalationStep, *, timetable: Timetable, at: datetime
) -> datetime:
    """In time when in time; after an outage soon, but with room for an answer."""
    planned = timetable.after(step.due_at or at, following.delay_minutes)
    room = min(timedelta(minutes=following.delay_minutes), CATCH_UP)
    return max(planned, at + room)


def _fire(escalation: Escalation, step: EscalationStep, *, at: datetime) -> int:
    people = _people(escalation, step, at=at)
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


def _people(escalation: Escalation, step: EscalationStep, *, at: datetime) -> list[UUID]:
    """Of a rotation, who is on duty now; if that is nobody who can be told, the whole team."""
    if step.rotation is None:
        return step.clinicians
    person = duty.person(step.rotation, at)
    if person and can_be_told(person):
        return [person]
    logger.warning("escalation_nobody_on_duty", extra={"subject_id": str(escalation.id)})
    return list(team(escalation.flag.patient.care_team))


def _exhaust(escalation: Escalation, *, timetable: Timetable, at: datetime) -> None:
    """Nobody answered: say so to everybody, again and again, until somebody does."""
    reached = notify(
        escalation,
        clinicians=everybody(escalation.flag.patient.care_team),
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
    escalation.next_step_at = timetable.page_again(at)
    escalation.save(update_fields=["state", "position", "exhausted_at", "next_step_at"])


def _reopen(escalation: Escalation, *, at: datetime) -> None:
    restart(escalation, at=at)
    record(Context(SYSTEM, at), "escalation.reopen", escalation)


def _wake(escalation: Escalation, *, at: datetime) -> None:
    wake(Context(SYSTEM, at), escalation)

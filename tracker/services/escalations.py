"""The life of an escalation: opened, stepped, acknowledged, exhausted, resolved."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from notifications import outbox
from tracker.models import (
    Acknowledgement,
    Clinician,
    Escalation,
    EscalationStep,
    Flag,
    Patient,
    Priority,
)

from . import audit
from .errors import Conflict, NotFound
from .ladders import Timetable, everybody, rungs_of
from .staffed_hours import calendar_of

logger = logging.getLogger(__name__)

State = Escalation.State

URGENT = frozenset({Priority.P0, Priority.P1})

#: A page that could not be delivered for so long is no page any more; the ladder went on.
PAGE_USEFUL_FOR = timedelta(hours=24)

#: After an outage the current step fires at once and the next comes this soon, not in a burst.
CATCH_UP = timedelta(minutes=10)


class AlreadyResolved(Conflict):
    """This escalation has been resolved already."""

    code = "already_resolved"


# Opening


def open_for(*, flag: Flag, at: datetime) -> Escalation:
    """Start the ladder of a flag that needs a human. The caller has a transaction."""
    timetable = _timetable(flag.priority, flag)
    escalation = Escalation.objects.create(
        clinic_id=flag.clinic_id,
        flag=flag,
        patient_id=flag.patient_id,
        priority=flag.priority,
        opened_at=at,
        acknowledge_by=timetable.deadline(at),
        next_step_at=at,
    )
    _snapshot(escalation, at=at)
    outbox.wake_dispatcher()
    return escalation


def raise_for(*, flag: Flag, at: datetime) -> Escalation:
    """Restart the ladder with the flag's higher priority, whatever state it was in."""
    escalation = flag.escalations.live().select_for_update().first()
    if escalation is None:
        return open_for(flag=flag, at=at)
    escalation.priority = flag.priority
    escalation.acknowledge_by = _timetable(flag.priority, flag).deadline(at)
    _restart(escalation, at=at)
    outbox.wake_dispatcher()
    return escalation


def ensure_for(*, flag: Flag, at: datetime) -> Escalation:
    """The live ladder of a flag that stands again; a new one if it had ended."""
    return flag.escalations.live().first() or open_for(flag=flag, at=at)


def withdraw_for(*, flag: Flag, at: datetime) -> None:
    """End the ladder of a flag whose evidence is gone; tell whoever was told of it."""
    escalation = flag.escalations.live().select_for_update().first()
    if escalation is None:
        return
    told = escalation.steps.filter(fired_at__isnull=False).values_list("clinicians", flat=True)
    _end(escalation, state=State.WITHDRAWN, at=at)
    outbox.cancel(group=escalation.group, at=at)
    _notify(
        escalation,
        clinicians=dict.fromkeys(person for people in told for person in people),
        kind=outbox.Kind.ESCALATION_WITHDRAWN,
        urgency=outbox.Urgency.ROUTINE,
        at=at,
    )


def resolve(*, escalations: Iterable[Escalation], review_id: UUID, at: datetime) -> None:
    """End ladders by a review. The caller has locked the rows."""
    for escalation in escalations:
        escalation.review_id = review_id
        _end(escalation, state=State.RESOLVED, at=at)
        outbox.cancel(group=escalation.group, at=at)


# Answering


@transaction.atomic
def acknowledge(*, escalation_ids: Sequence[UUID], by: Clinician, at: datetime) -> list[Escalation]:
    """Stop these ladders; the clinician owes a review by a deadline.

    Only what is named is stopped: an escalation that opened while the page was being
    read stays live. Acknowledging again changes nothing; a second person is recorded.
    """
    found = list(
        Escalation.objects.select_for_update(of=("self",))
        .select_related("flag", "clinic")
        .filter(pk__in=escalation_ids, patient__in=Patient.objects.for_clinician(by))
        .order_by("pk")
    )
    if not escalation_ids or len(found) != len(set(escalation_ids)):
        raise NotFound
    if any(escalation.ended_at for escalation in found):
        raise AlreadyResolved
    for escalation in found:
        _acknowledge_one(escalation, by=by, at=at)
    return found


def _acknowledge_one(escalation: Escalation, *, by: Clinician, at: datetime) -> None:
    timetable = _timetable(escalation.priority, escalation.flag)
    owner = escalation.acknowledgements.filter(epoch=escalation.epoch).first()
    if owner and owner.by_id == by.id:
        return
    review_by = owner.review_by if owner else timetable.review_deadline(at)
    if owner is None:
        escalation.state = State.ACKNOWLEDGED
        escalation.next_step_at = None
        escalation.review_by = review_by
        escalation.save(update_fields=["state", "next_step_at", "review_by"])
        outbox.cancel(group=escalation.group, at=at)
    Acknowledgement.objects.create(
        clinic_id=escalation.clinic_id,
        escalation=escalation,
        epoch=escalation.epoch,
        by=by,
        at=at,
        review_by=review_by,
    )
    audit.record(
        action="escalation.acknowledge",
        by=by,
        at=at,
        clinic_id=escalation.clinic_id,
        patient_id=escalation.patient_id,
        subject_id=escalation.id,
    )


# Timers


def fire_due(*, at: datetime, limit: int) -> int:
    """Fire the steps that are due, most urgent first; return how many ladders moved."""
    due = Escalation.objects.filter(next_step_at__lte=at).order_by("priority", "next_step_at")
    return _each(due, limit, at, _fire_next_step)


def reopen_overdue(*, at: datetime, limit: int) -> int:
    """Restart the ladders whose acknowledgement was not followed by a review in time."""
    due = Escalation.objects.filter(review_by__lte=at).order_by("priority", "review_by")
    return _each(due, limit, at, _reopen)


class _Act(Protocol):
    def __call__(self, escalation: Escalation, /, *, at: datetime) -> None: ...


def _each(due: QuerySet[Escalation], limit: int, at: datetime, act: _Act) -> int:
    """Act on each due row in its own transaction: one that fails does not stop the others."""
    moved = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                row = (
                    due.filter(pk=pk)
                    .select_related("flag", "clinic")
                    .select_for_update(of=("self",), skip_locked=True)
                    .first()
                )
                if row is not None:
                    act(row, at=at)
                    moved += 1
        except Exception:
            logger.exception("escalation_timer_failed", extra={"subject_id": str(pk)})
    return moved


def _fire_next_step(escalation: Escalation, *, at: datetime) -> None:
    """Tell the next people; if none of them can be reached, those after them, now."""
    timetable = _timetable(escalation.priority, escalation.flag)
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
    reached = _notify(
        escalation,
        clinicians=step.clinicians,
        kind=outbox.Kind.ESCALATION,
        urgency=_urgency(escalation),
        at=at,
    )
    if not reached:
        logger.error("escalation_step_unreachable", extra={"subject_id": str(escalation.id)})
    EscalationStep.objects.filter(pk=step.pk).update(
        fired_at=at, reached=reached, due_at=step.due_at or at
    )
    escalation.position = step.position
    return reached


def _exhaust(escalation: Escalation, *, timetable: Timetable, at: datetime) -> None:
    """Nobody answered: say so to everybody, again and again, until somebody does."""
    reached = _notify(
        escalation,
        clinicians=everybody(escalation.flag.patient.care_team),
        kind=outbox.Kind.ESCALATION_EXHAUSTED,
        urgency=_urgency(escalation),
        at=at,
    )
    logger.error(
        "escalation_exhausted",
        extra={"subject_id": str(escalation.id), "count": reached},
    )
    escalation.state = State.EXHAUSTED
    escalation.exhausted_at = escalation.exhausted_at or at
    escalation.next_step_at = timetable.page_again(at)
    escalation.save(update_fields=["state", "position", "exhausted_at", "next_step_at"])


def _reopen(escalation: Escalation, *, at: datetime) -> None:
    _restart(escalation, at=at)
    audit.record(
        action="escalation.reopen",
        by=None,
        at=at,
        clinic_id=escalation.clinic_id,
        patient_id=escalation.patient_id,
        subject_id=escalation.id,
    )


# Parts


def _timetable(priority: str, flag: Flag) -> Timetable:
    return Timetable(priority=Priority(priority), calendar=calendar_of(flag.clinic))


def _snapshot(escalation: Escalation, *, at: datetime) -> None:
    """Copy the ladder as it stands: a later edit of the policy moves no running one."""
    timetable = _timetable(escalation.priority, escalation.flag)
    rungs = rungs_of(escalation.flag.patient.care_team, escalation.priority)
    first_at = timetable.after(at, rungs[0].delay_minutes)
    EscalationStep.objects.bulk_create(
        EscalationStep(
            clinic_id=escalation.clinic_id,
            escalation=escalation,
            epoch=escalation.epoch,
            position=position,
            delay_minutes=rung.delay_minutes,
            label=rung.label,
            clinicians=list(rung.clinicians),
            due_at=first_at if position == 1 else None,
        )
        for position, rung in enumerate(rungs, start=1)
    )
    Escalation.objects.filter(pk=escalation.pk).update(next_step_at=first_at)
    escalation.next_step_at = first_at


def _restart(escalation: Escalation, *, at: datetime) -> None:
    """Run the ladder from the bottom, as the policy stands now, in a new epoch."""
    outbox.cancel(group=escalation.group, at=at)
    escalation.epoch += 1
    escalation.state = State.ACTIVE
    escalation.position = 0
    escalation.next_step_at = at
    escalation.review_by = None
    escalation.exhausted_at = None
    escalation.save()
    _snapshot(escalation, at=at)


def _end(escalation: Escalation, *, state: State, at: datetime) -> None:
    escalation.state = state
    escalation.ended_at = at
    escalation.next_step_at = None
    escalation.review_by = None
    escalation.save()


def _urgency(escalation: Escalation) -> outbox.Urgency:
    urgent = Priority(escalation.priority) in URGENT
    return outbox.Urgency.URGENT if urgent else outbox.Urgency.ROUTINE


def _notify(
    escalation: Escalation,
    *,
    clinicians: Iterable[UUID],
    kind: outbox.Kind,
    urgency: outbox.Urgency,
    at: datetime,
) -> int:
    """Enqueue one notification for each of these people who can be reached."""
    seats = Clinician.objects.active().filter(
        clinic_id=escalation.clinic_id, pk__in=list(clinicians)
    )
    reached = 0
    for recipient_id in seats.values_list("recipient_id", flat=True):
        if outbox.reachable(recipient_id):
            outbox.enqueue(
                recipient_id=recipient_id,
                kind=kind,
                group=escalation.group,
                urgency=urgency,
                expires_at=at + PAGE_USEFUL_FOR,
                link=f"/console/flags/{escalation.flag_id}/",
                at=at,
            )
            reached += 1
    return reached

"""One run of a ladder: its steps copied, its notices enqueued. Its callers have a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from notifications import outbox
from tracker.models import Clinician, Escalation, EscalationStep, Flag, Priority
from tracker.services.clinics.staffed_hours import calendar_of
from tracker.services.escalations.timetable import Timetable, run_of

URGENT = frozenset({Priority.P0, Priority.P1})

#: A page that could not be delivered for so long is no page any more; the ladder went on.
PAGE_USEFUL_FOR = timedelta(hours=24)


#: Where one message that tells of several leads.
WORKLIST = "/console/"


def timetable_of(priority: str, flag: Flag) -> Timetable:
    return Timetable(priority=Priority(priority), calendar=calendar_of(flag.clinic))


def begin(escalation: Escalation, *, at: datetime) -> None:
    """Copy the ladder as it stands: a later edit of the policy moves no running one."""
    timetable = timetable_of(escalation.priority, escalation.flag)
    rungs = run_of(escalation.flag.patient.care_team, escalation.priority)
    first_at = timetable.after(at, rungs[0].delay_minutes)
    EscalationStep.objects.bulk_create(
        EscalationStep(
            clinic_id=escalation.clinic_id,
            escalation=escalation,
            epoch=escalation.epoch,
            position=position,
            delay_minutes=rung.delay_minutes,
            label=rung.label,
            clinicians=[] if rung.rotation else list(rung.clinicians),
            rotation=rung.rotation,
            due_at=first_at if position == 1 else None,
        )
        for position, rung in enumerate(rungs, start=1)
    )
    Escalation.objects.filter(pk=escalation.pk).update(next_step_at=first_at)
    escalation.next_step_at = first_at


def restart(escalation: Escalation, *, at: datetime) -> None:
    """Run the ladder from the bottom, as the policy stands now, in a new epoch."""
    silence(escalation, at=at)
    escalation.epoch += 1
    escalation.state = Escalation.State.ACTIVE
    escalation.position = 0
    escalation.next_step_at = at
    escalation.review_by = escalation.wake_at = None
    escalation.owner = None
    escalation.exhausted_at = None
    escalation.save()
    begin(escalation, at=at)


def silence(escalation: Escalation, *, at: datetime) -> None:
    """Stop every notice of it that is under way."""
    outbox.cancel(group=escalation.group, at=at)
    outbox.cancel(group=escalation.owner_group, at=at)


def urgency_of(escalation: Escalation) -> outbox.Urgency:
    urgent = Priority(escalation.priority) in URGENT
    return outbox.Urgency.URGENT if urgent else outbox.Urgency.ROUTINE


def can_be_told(clinician_id: UUID) -> bool:
    """Whether this person works here and has a working address."""
    seat = Clinician.objects.active().filter(pk=clinician_id).first()
    return seat is not None and outbox.reachable(seat.recipient_id)


def notify(
    escalation: Escalation,
    *,
    clinicians: Iterable[UUID],
    kind: outbox.Kind,
    urgency: outbox.Urgency,
    group: str = "",
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
                group=group or escalation.group,
                urgency=urgency,
                expires_at=at + PAGE_USEFUL_FOR,
                link=f"/console/flags/{escalation.flag_id}/",
                list_link=WORKLIST,
                at=at,
            )
            reached += 1
    return reached

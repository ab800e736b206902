"""The life of an escalation: opened, raised, acknowledged, resolved, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Acknowledgement, Clinician, Escalation, Flag, Patient

from . import audit
from .errors import Conflict, NotFound
from .ladder_runs import begin, notify, restart, timetable_of

State = Escalation.State

#: What an answer changes: the state, who owes what, and which timer runs.
ANSWER = ["state", "owner", "next_step_at", "review_by", "wake_at"]


class AlreadyResolved(Conflict):
    """This escalation has been resolved already."""

    code = "already_resolved"


def open_for(*, flag: Flag, at: datetime) -> Escalation:
    """Start the ladder of a flag that needs a human. The caller has a transaction."""
    timetable = timetable_of(flag.priority, flag)
    escalation = Escalation.objects.create(
        clinic_id=flag.clinic_id,
        flag=flag,
        patient_id=flag.patient_id,
        priority=flag.priority,
        opened_at=at,
        acknowledge_by=timetable.deadline(at),
        next_step_at=at,
    )
    begin(escalation, at=at)
    outbox.wake_dispatcher()
    return escalation


def raise_for(*, flag: Flag, at: datetime) -> Escalation:
    """Restart the ladder with the flag's higher priority, whatever state it was in."""
    escalation = flag.escalations.live().select_for_update().first()
    if escalation is None:
        return open_for(flag=flag, at=at)
    escalation.priority = flag.priority
    escalation.acknowledge_by = timetable_of(flag.priority, flag).deadline(at)
    restart(escalation, at=at)
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
    notify(
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
    acknowledged = escalation.acknowledgements.filter(epoch=escalation.epoch)
    if acknowledged.filter(by=by).exists():
        return
    if escalation.state != State.ACKNOWLEDGED:
        timetable = timetable_of(escalation.priority, escalation.flag)
        escalation.state = State.ACKNOWLEDGED
        escalation.owner = by
        escalation.next_step_at = escalation.wake_at = None
        escalation.review_by = timetable.review_deadline(at)
        escalation.save(update_fields=ANSWER)
        outbox.cancel(group=escalation.group, at=at)
    Acknowledgement.objects.create(
        clinic_id=escalation.clinic_id,
        escalation=escalation,
        epoch=escalation.epoch,
        by=by,
        at=at,
        review_by=escalation.review_by,
    )
    audit.record(
        action="escalation.acknowledge",
        by=by,
        at=at,
        clinic_id=escalation.clinic_id,
        patient_id=escalation.patient_id,
        subject_id=escalation.id,
    )


def _end(escalation: Escalation, *, state: State, at: datetime) -> None:
    escalation.state = state
    escalation.ended_at = at
    escalation.next_step_at = escalation.review_by = escalation.wake_at = None
    escalation.owner = None
    escalation.save()

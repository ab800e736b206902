"""The states of an escalation: opened, raised, acknowledged, resolved, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Acknowledgement, Clinician, Escalation, Flag, Patient
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, NotFound, ServiceError
from tracker.services.escalations.deadlines import deadlines_of
from tracker.services.escalations.notices import cancel_notifications, notify
from tracker.services.escalations.runs import begin, restart

State = Escalation.State

#: The columns that an acknowledgement or a snooze changes.
ANSWER_FIELDS = ["state", "owner", "next_step_at", "review_by", "wake_at"]


class NotAcknowledged(Conflict):
    """Nobody has acknowledged this escalation, or it runs again. Acknowledge it first."""

    code = "not_acknowledged"


class NotYours(ServiceError):
    """Only whoever acknowledged this escalation, or was handed it, may do this."""

    code = "not_yours"
    status = 403


class AlreadyResolved(Conflict):
    """This escalation has ended already. Reload the page."""

    code = "already_resolved"


def open_for(*, flag: Flag, at: datetime) -> Escalation:
    """Start the escalation of a flag that needs a human. The caller has a transaction."""
    deadlines = deadlines_of(flag, flag.priority)
    escalation = Escalation.objects.create(
        clinic_id=flag.clinic_id,
        flag=flag,
        patient_id=flag.patient_id,
        priority=flag.priority,
        opened_at=at,
        acknowledge_by=deadlines.acknowledge_by(at),
        next_step_at=at,
    )
    begin(escalation, at=at)
    outbox.wake_dispatcher()
    return escalation


def raise_for(*, flag: Flag, at: datetime) -> Escalation:
    """Restart the escalation with the flag's higher priority, whatever state it was in."""
    escalation = flag.escalations.live().select_for_update().first()
    if escalation is None:
        return open_for(flag=flag, at=at)
    escalation.priority = flag.priority
    escalation.acknowledge_by = deadlines_of(flag, flag.priority).acknowledge_by(at)
    restart(escalation, at=at)
    outbox.wake_dispatcher()
    return escalation


def ensure_for(*, flag: Flag, at: datetime) -> Escalation:
    """The live escalation of a flag that is open again; a new one if it had ended."""
    return flag.escalations.live().first() or open_for(flag=flag, at=at)


def withdraw_for(*, flag: Flag, at: datetime) -> None:
    """End the escalation of a flag whose evidence is gone; notify those who were told of it."""
    escalation = flag.escalations.live().select_for_update().first()
    if escalation is None:
        return
    told = escalation.steps.filter(fired_at__isnull=False).values_list("clinicians", flat=True)
    _end(escalation, state=State.WITHDRAWN, at=at)
    cancel_notifications(escalation, at=at)
    notify(
        escalation,
        clinicians=dict.fromkeys(person for people in told for person in people),
        kind=outbox.Kind.ESCALATION_WITHDRAWN,
        urgency=outbox.Urgency.ROUTINE,
        at=at,
    )


def resolve(*, escalations: Iterable[Escalation], review_id: UUID, at: datetime) -> None:
    """End escalations by a review. The caller has locked the rows."""
    for escalation in escalations:
        escalation.review_id = review_id
        _end(escalation, state=State.RESOLVED, at=at)
        cancel_notifications(escalation, at=at)


@transaction.atomic
def acknowledge(context: Context[Clinician], *, escalation_ids: Sequence[UUID]) -> list[Escalation]:
    """Stop these escalations; the clinician owes a review by a deadline.

    Only what is named is stopped: an escalation that opened while the page was being
    read stays live. Acknowledging again changes nothing; a second person is recorded.
    """
    found = lock(context, escalation_ids)
    for escalation in found:
        _acknowledge_one(context, escalation)
    return found


def lock(context: Context[Clinician], escalation_ids: Sequence[UUID]) -> list[Escalation]:
    """Those escalations, if all are live and of patients whom this clinician may see."""
    found = list(
        Escalation.objects.select_for_update(of=("self",))
        .select_related("flag", "clinic")
        .filter(pk__in=escalation_ids, patient__in=Patient.objects.for_clinician(context.actor))
        .order_by("pk")
    )
    if not escalation_ids or len(found) != len(set(escalation_ids)):
        raise NotFound
    if any(escalation.ended_at for escalation in found):
        raise AlreadyResolved
    return found


def lock_own(context: Context[Clinician], escalation_id: UUID) -> Escalation:
    """An acknowledged escalation that this clinician acknowledged or was handed."""
    (escalation,) = lock(context, [escalation_id])
    if escalation.state != State.ACKNOWLEDGED:
        raise NotAcknowledged
    seen = escalation.acknowledgements.filter(run_number=escalation.run_number, by=context.actor)
    if escalation.owner_id != context.actor.id and not seen.exists():
        raise NotYours
    return escalation


def _acknowledge_one(context: Context[Clinician], escalation: Escalation) -> None:
    seen = escalation.acknowledgements.filter(run_number=escalation.run_number, by=context.actor)
    if escalation.state == State.ACKNOWLEDGED and seen.exists():
        return
    review_by = escalation.review_by or _become_owner(context, escalation)
    Acknowledgement.objects.create(
        clinic_id=escalation.clinic_id,
        escalation=escalation,
        run_number=escalation.run_number,
        by=context.actor,
        at=context.at,
        review_by=review_by,
    )
    audit.record(context, "escalation.acknowledge", escalation)


def _become_owner(context: Context[Clinician], escalation: Escalation) -> datetime:
    """The first to acknowledge owes the review; everybody's pending notices stop."""
    review_by = deadlines_of(escalation.flag, escalation.priority).review_by(context.at)
    escalation.state = State.ACKNOWLEDGED
    escalation.owner = context.actor
    escalation.next_step_at = escalation.wake_at = None
    escalation.review_by = review_by
    escalation.save(update_fields=ANSWER_FIELDS)
    cancel_notifications(escalation, at=context.at)
    return review_by


def _end(escalation: Escalation, *, state: State, at: datetime) -> None:
    escalation.state = state
    escalation.ended_at = at
    escalation.next_step_at = escalation.review_by = escalation.wake_at = None
    escalation.owner = None
    escalation.save()

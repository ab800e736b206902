"""Snooze an acknowledged escalation: when the snooze ends, it runs again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician, Escalation, Priority, Snooze
from tracker.models.escalation import MOST_SNOOZES
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import Conflict, ServiceError
from tracker.services.escalations.deadlines import deadlines_of
from tracker.services.escalations.lifecycle import ANSWER_FIELDS, lock, lock_own
from tracker.services.escalations.notices import cancel_notifications
from tracker.services.escalations.runs import restart

#: Staffed hours, about the priority's own target: a flag that may wait longer has too high
#: a priority.
HOURS_AT_MOST = {Priority.P1: 4, Priority.P2: 8, Priority.P3: 40}
HOURS_OFFERED = (1, 2, 4, 8, 16, 40)


class NotForEmergencies(ServiceError):
    """An emergency (P0) cannot be snoozed. Review it now."""

    code = "snooze_not_for_emergencies"


class SnoozeTooLong(ServiceError):
    """A snooze lasts 1 staffed hour at least, and at most 4 for P1, 8 for P2, 40 for P3."""

    code = "snooze_too_long"


class SnoozedTooOften(Conflict):
    """This escalation has been snoozed twice. Review it now."""

    code = "snoozed_too_often"


class NotSnoozed(Conflict):
    """This escalation is not snoozed. Reload the page."""

    code = "not_snoozed"


@transaction.atomic
def snooze(
    context: Context[Clinician], *, escalation_id: UUID, hours: int, reason: str
) -> Escalation:
    """Put an acknowledged escalation aside for so many staffed hours."""
    escalation = lock_own(context, escalation_id)
    _check(escalation, hours)
    until = deadlines_of(escalation.flag, escalation.priority).after(context.at, hours * 60)
    Snooze.objects.create(
        clinic_id=escalation.clinic_id,
        escalation=escalation,
        number=escalation.snoozes.count() + 1,
        by=context.actor,
        at=context.at,
        until=until,
        reason=Snooze.Reason(reason),
    )
    escalation.state = Escalation.State.SNOOZED
    escalation.owner = escalation.review_by = None
    escalation.wake_at = until
    escalation.save(update_fields=ANSWER_FIELDS)
    cancel_notifications(escalation, at=context.at)
    audit.record(context, "escalation.snooze", escalation)
    return escalation


def hours_offered(escalation: Escalation) -> list[int]:
    """The lengths in staffed hours that can be chosen now; empty if it cannot be snoozed."""
    most = HOURS_AT_MOST.get(Priority(escalation.priority), 0)
    is_spent = escalation.snoozes.count() >= MOST_SNOOZES
    return [] if is_spent else [hours for hours in HOURS_OFFERED if hours <= most]


@transaction.atomic
def end(context: Context[Clinician], *, escalation_id: UUID) -> Escalation:
    """End the snooze before its time: the escalation runs again."""
    (escalation,) = lock(context, [escalation_id])
    if escalation.state != Escalation.State.SNOOZED:
        raise NotSnoozed
    wake(context, escalation)
    outbox.wake_dispatcher()
    return escalation


def wake(context: Context[Actor], escalation: Escalation) -> None:
    """Run the escalation again with a new acknowledgement deadline. The caller locked it."""
    escalation.acknowledge_by = deadlines_of(escalation.flag, escalation.priority).acknowledge_by(
        context.at
    )
    restart(escalation, at=context.at)
    audit.record(context, "escalation.wake", escalation)


def _check(escalation: Escalation, hours: int) -> None:
    priority = Priority(escalation.priority)
    if priority not in HOURS_AT_MOST:
        raise NotForEmergencies
    if not 1 <= hours <= HOURS_AT_MOST[priority]:
        raise SnoozeTooLong
    if escalation.snoozes.count() >= MOST_SNOOZES:
        raise SnoozedTooOften

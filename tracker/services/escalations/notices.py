"""Enqueue and cancel the notices of an escalation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from notifications import outbox
from tracker.models import Clinician, Escalation, Priority

URGENT = frozenset({Priority.P0, Priority.P1})

#: A page expires: after this long later steps have been notified.
PAGE_USEFUL_FOR = timedelta(hours=24)

#: Where a message that bundles several pages leads.
WORKLIST = "/console/"


def cancel_notifications(escalation: Escalation, *, at: datetime) -> None:
    """Cancel every pending notice of the escalation. The caller has a transaction."""
    outbox.cancel(group=escalation.group, at=at)
    outbox.cancel(group=escalation.owner_group, at=at)


def urgency_of(escalation: Escalation) -> outbox.Urgency:
    urgent = Priority(escalation.priority) in URGENT
    return outbox.Urgency.URGENT if urgent else outbox.Urgency.ROUTINE


def is_reachable(clinician_id: UUID) -> bool:
    """Whether this person works here and has a working address."""
    clinician = Clinician.objects.active().filter(pk=clinician_id).first()
    return clinician is not None and outbox.reachable(clinician.recipient_id)


def notify(
    escalation: Escalation,
    *,
    clinicians: Iterable[UUID],
    kind: outbox.Kind,
    urgency: outbox.Urgency,
    group: str = "",
    at: datetime,
) -> int:
    """Enqueue one notice for each of these people who can be reached; return for how many."""
    recipients = Clinician.objects.active().filter(
        clinic_id=escalation.clinic_id, pk__in=list(clinicians)
    )
    reached = 0
    for recipient_id in recipients.values_list("recipient_id", flat=True):
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

"""Messages from clinicians to patients, until they are read.

Unread for a day, the patient is reminded once. Unread for three, it returns to the worklist,
until it is read or a clinician has seen to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from notifications import outbox
from tracker.models import Clinician, Message, Patient, Review
from tracker.services import audit
from tracker.services.batches import run_each
from tracker.services.context import Actor, Context, System
from tracker.services.errors import NotFound

REMINDED_AFTER = timedelta(hours=24)
RETURNS_AFTER = timedelta(hours=72)


def send(context: Context[Clinician], *, patient: Patient, text: str, review: Review) -> Message:
    """Write to the patient. The caller has a transaction."""
    message = Message.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        review=review,
        by=context.actor,
        sent_at=context.at,
        text=text,
        chase_at=context.at + REMINDED_AFTER,
    )
    _tell(message, group=_group(message), at=context.at)
    return message


def chase_due(context: Context[System], *, limit: int) -> int:
    """Remind of unread messages, or return them to the worklist; return how many moved."""
    due = (
        Message.objects.filter(chase_at__lte=context.at)
        .order_by("chase_at")
        .select_related("patient")
    )
    return run_each(
        due, partial(_chase, at=context.at), limit=limit, failure="message_chase_failed"
    )


@transaction.atomic
def mark_read(context: Context[Actor], *, patient: Patient, message_id: UUID) -> Message:
    """Note when it was first read. Raises NotFound."""
    message = patient.messages.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if message.read_at is None:
        message.read_at, message.chase_at = context.at, None
        message.save(update_fields=["read_at", "chase_at"])
        for group in (_group(message), _second_group(message)):
            outbox.cancel(group=group, at=context.at)
    audit.record(context, "message.read", patient, subject_id=message_id)
    return message


def returned(*, patients: Iterable[Patient] | QuerySet[Patient]) -> QuerySet[Message]:
    """Return unread messages that are on the worklist, oldest first."""
    waiting = Message.objects.filter(
        returned_at__isnull=False, read_at=None, dealt_with_at=None, patient__in=patients
    )
    return waiting.select_related("patient__care_team", "by").order_by("sent_at", "id")


@transaction.atomic
def deal_with(context: Context[Clinician], *, message_id: UUID) -> Message:
    """Remove it from the worklist: the patient was reached another way. Raises NotFound."""
    patients = Patient.objects.for_clinician(context.actor)
    mine = Message.objects.filter(
        pk=message_id, returned_at__isnull=False, patient__in=patients
    ).select_related("patient")
    message = mine.select_for_update(of=("self",)).first()
    if message is None:
        raise NotFound
    if message.dealt_with_at is None:
        message.dealt_with_at, message.dealt_with_by = context.at, context.actor
        message.save(update_fields=["dealt_with_at", "dealt_with_by"])
    audit.record(context, "message.deal_with", message, subject_id=message_id)
    return message


def _chase(message: Message, *, at: datetime) -> None:
    returns_at = message.sent_at + RETURNS_AFTER
    if at >= returns_at:
        message.returned_at, message.chase_at = at, None
    else:
        message.reminded_at, message.chase_at = at, returns_at
        _tell(message, group=_second_group(message), at=at)
    message.save(update_fields=["reminded_at", "returned_at", "chase_at"])


def _tell(message: Message, *, group: str, at: datetime) -> None:
    if outbox.reachable(message.patient.recipient_id):
        outbox.enqueue(
            recipient_id=message.patient.recipient_id,
            kind=outbox.Kind.CLINIC_MESSAGE,
            group=group,
            urgency=outbox.Urgency.ROUTINE,
            expires_at=message.sent_at + RETURNS_AFTER,
            link="/",
            at=at,
        )


def _group(message: Message) -> str:
    return f"message:{message.id}"


def _second_group(message: Message) -> str:
    return f"{_group(message)}:again"

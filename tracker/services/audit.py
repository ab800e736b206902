"""The audit trail: one row for each request that reads or writes a patient's data."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

from tracker.models import AuditEvent, Clinic, Patient
from tracker.services.context import KIND_OF_ACTOR, Actor, Context, Operator, System

#: Rows in one statement.
BATCH_SIZE = 2000


def record(
    context: Context[Actor], action: str, subject: Model, *, subject_id: object = None
) -> None:
    """Add a row in the caller's transaction.

    `subject` is the row that was read or changed; its clinic and its patient are noted.
    `subject_id` names a part of it: a record's uuid, a message's id.
    """
    _event(context, action, subject, subject_id=subject_id).save(force_insert=True)


def record_each(
    context: Context[Actor], action: str, subjects: Iterable[Model], *, subject_id: object = None
) -> None:
    """Add a row for each subject of one action."""
    AuditEvent.objects.bulk_create(
        (_event(context, action, subject, subject_id=subject_id) for subject in subjects),
        batch_size=BATCH_SIZE,
    )


def _event(
    context: Context[Actor], action: str, subject: Model, *, subject_id: object
) -> AuditEvent:
    actor = context.actor
    return AuditEvent(
        clinic_id=_clinic_of(subject),
        at=context.at,
        action=action,
        actor_kind=KIND_OF_ACTOR[type(actor)],
        actor_id=None if isinstance(actor, System | Operator) else actor.pk,
        patient_id=_patient_of(subject),
        subject_id=str(subject.pk if subject_id is None else subject_id),
        request_id=context.request_id,
    )


def _clinic_of(subject: Model) -> UUID:
    return subject.pk if isinstance(subject, Clinic) else subject.clinic_id  # type: ignore[attr-defined]


def _patient_of(subject: Model) -> UUID | None:
    return subject.pk if isinstance(subject, Patient) else getattr(subject, "patient_id", None)

"""The audit trail: one row for each request that reads or writes a patient's data."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from datetime import datetime

from tracker.models import AuditEvent, Clinician, Patient

type_of_actor = {Clinician: "clinician", Patient: "patient"}

#: set by the door for the length of a request, so that its rows can be found together
request_id: ContextVar[str] = ContextVar("request_id", default="")

Actor = Clinician | Patient | None


def record(
    *,
    action: str,
    by: Actor,
    at: datetime,
    clinic_id: uuid.UUID,
    patient_id: uuid.UUID | None = None,
    subject_id: object = "",
) -> None:
    """Add a row in the caller's transaction. `by=None` is the system itself."""
    AuditEvent.objects.create(
        clinic_id=clinic_id,
        at=at,
        action=action,
        actor_kind="system" if by is None else type_of_actor[type(by)],
        actor_id=None if by is None else by.id,
        patient_id=patient_id,
        subject_id=str(subject_id),
        request_id=request_id.get(),
    )

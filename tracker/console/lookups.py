"""What the pages about one patient share."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from tracker.console.access import DeskRequest
from tracker.models import Patient
from tracker.services import audit


def patient_or_404(request: DeskRequest, patient_id: UUID) -> Patient:
    """Someone else's patient is not found, as one that does not exist."""
    patients = Patient.objects.for_clinician(request.seat).select_related("care_team", "clinic")
    return get_object_or_404(patients, id=patient_id)


def record_read(request: DeskRequest, patient: Patient, action: str) -> None:
    audit.record(request.context, action, patient)

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from tracker.console.access import ConsoleRequest
from tracker.models import Patient


def patient_or_404(request: ConsoleRequest, patient_id: UUID) -> Patient:
    """Return a patient of the clinician's clinic; anyone else's is not found."""
    patients = Patient.objects.for_clinician(request.membership)
    return get_object_or_404(patients.select_related("care_team", "clinic"), id=patient_id)

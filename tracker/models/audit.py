from __future__ import annotations

from django.db import models

#: Characters of a request id, the caller's or ours.
REQUEST_ID_LENGTH = 64


class ActorKind(models.TextChoices):
    PATIENT = "patient"
    CARER = "carer"  # acts for a patient who has invited them
    CLINICIAN = "clinician"
    OPERATOR = "operator"  # at the command line of a server
    INTEGRATION = "integration"  # another system, by a key of its own
    SYSTEM = "system"  # what happens because time passes


class AuditEvent(models.Model):  # noqa: DJ008 -- never shown as text
    """Who did what to whom. Ids only, never a value; no foreign keys but the clinic.

    The audit trail must neither block an erasure nor be erased with the rows it names.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey("tracker.Clinic", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    action = models.CharField(max_length=40)  #: as "diary.record", "escalation.acknowledge"
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    subject_id = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=REQUEST_ID_LENGTH, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["clinic", "patient_id", "id"], name="audit_by_patient"),
            # Checked by an invariant: each write has its line.
            models.Index(fields=["at"], name="audit_by_time"),
        ]

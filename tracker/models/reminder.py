from __future__ import annotations

from django.db import models

from .base import ClinicLedger, same_clinic


class Reminder(ClinicLedger):
    """That a patient was reminded, or needed no reminder, on one local day."""

    class Outcome(models.TextChoices):
        SENT = "sent"
        ALREADY_LOGGED = "already_logged"
        UNREACHABLE = "unreachable"
        MISSED = "missed"  # the day was over before it could be sent

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="reminders")
    local_date = models.DateField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)

    class Meta:
        ordering = ["-local_date"]
        constraints = [
            *same_clinic("patient"),
            # I12: one a local day, also when the day has 25 hours.
            models.UniqueConstraint(fields=["patient", "local_date"], name="reminder_once_a_day"),
        ]

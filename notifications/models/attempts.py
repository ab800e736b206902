from __future__ import annotations

from django.db import models
from django.db.models import Q

from notifications.models.deliveries import Delivery


class Attempt(models.Model):
    """One call to a provider, written before it is made.

    Without `ended_at` the process died during the call: nobody knows what happened.
    """

    class Outcome(models.TextChoices):
        STARTED = "started"
        SENT = "sent"
        TRANSIENT = "transient"
        OUTAGE = "outage"
        PERMANENT = "permanent"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_rows")
    claim_no = models.PositiveIntegerField()
    channel = models.CharField(max_length=16, default="")
    credential = models.CharField(max_length=128, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.STARTED)
    code = models.CharField(max_length=64, blank=True, default="")
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves fencing: a claim allows one call.
            models.UniqueConstraint(name="attempt_once_per_claim", fields=["delivery", "claim_no"]),
            # An outcome has its time, and a time its outcome.
            models.CheckConstraint(
                name="attempt_ended_with_outcome",
                condition=Q(outcome="started", ended_at__isnull=True)
                | (~Q(outcome="started") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            # Serves the breaker: how the latest calls of one provider ended.
            models.Index(name="attempt_latest", fields=["channel", "credential", "-ended_at"]),
            # Serves the operator: what was tried in the last hour, and with what outcome.
            models.Index(name="attempt_by_time", fields=["started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.claim_no}"

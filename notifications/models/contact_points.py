from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from notifications.models.encrypted import EncryptedTextField
from notifications.models.recipients import Recipient


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def usable(self) -> ContactPointQuerySet:
        return self.filter(verified_at__isnull=False, disabled_at__isnull=True)

    def disable(self, reason: ContactPoint.DisabledReason, at: Any) -> int:
        """Disable the addresses and erase their secrets."""
        return self.filter(disabled_at__isnull=True).update(
            disabled_at=at, disabled_reason=reason, secret=""
        )


class ContactPoint(models.Model):
    """One address of a recipient on one channel."""

    class DisabledReason(models.TextChoices):
        REPLACED = "replaced"
        REFUSED = "refused"
        OPTED_OUT = "opted_out"
        GONE = "gone"
        REMOVED = "removed"
        STALE = "stale"
        FAILING = "failing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(
        Recipient, on_delete=models.CASCADE, related_name="contact_points"
    )
    channel = models.CharField(max_length=16)
    address = models.TextField()
    # A subscription's keys or a webhook's secret.
    secret = EncryptedTextField(blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    refusals = models.PositiveSmallIntegerField(default=0)
    # Since when every message to it has failed.
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(
        max_length=16, choices=DisabledReason, blank=True, default=""
    )

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        constraints = [
            # Serves the recipient: the same address twice would get each message twice.
            models.UniqueConstraint(
                name="contact_point_once_per_recipient",
                fields=["recipient", "channel", "address"],
            ),
            # Serves the operator: a disabled address says when and why.
            models.CheckConstraint(
                name="contact_point_disabled_with_reason",
                condition=Q(disabled_at__isnull=True, disabled_reason="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def is_usable(self) -> bool:
        return self.verified_at is not None and self.disabled_at is None

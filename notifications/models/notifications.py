from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from notifications.models.encrypted import EncryptedTextField
from notifications.models.recipients import Recipient


class Urgency(models.IntegerChoices):
    """How soon a notification is sent; also the names of the queues."""

    URGENT = 1
    ROUTINE = 2
    BULK = 3

    @property
    def queue(self) -> str:
        return self.name.lower()


class Notification(models.Model):
    """One message for one recipient, on any of their channels."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="notifications")
    # One of `Kind`, checked when it is created, so that a new kind needs no migration.
    kind = models.CharField(max_length=32)
    # Opaque to this app; `outbox.cancel` takes it.
    group = models.CharField(max_length=128, db_column="group_name")
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    link = models.TextField(blank=True)
    # The page that lists all of its kind; without one it is never bundled.
    list_link = models.TextField(blank=True, default="")
    # A verification code; erased once it was sent.
    code = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Cancelled by whoever enqueued it; a dead delivery of it cannot be retried.
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves the recipient: otherwise it would silently never be sent.
            models.CheckConstraint(
                name="notification_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]
        indexes = [
            # Serves cancel().
            models.Index(name="notification_by_group", fields=["group"]),
            # Serves prune().
            models.Index(name="notification_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

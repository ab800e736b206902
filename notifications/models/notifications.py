from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from notifications.models.encrypted import EncryptedTextField
from notifications.models.recipients import Recipient


class Urgency(models.IntegerChoices):
    """The order of work, and the names of the queues."""

    URGENT = 1
    ROUTINE = 2
    BULK = 3

    @property
    def queue(self) -> str:
        return self.name.lower()


class Notification(models.Model):
    """One thing to tell one person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="notifications")
    # One of `Kind`, which the outbox sees to: a new sentence needs no migration.
    kind = models.CharField(max_length=32)
    # Opaque to this app: whoever enqueues can cancel by it.
    group = models.CharField(max_length=128, db_column="group_name")
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    link = models.TextField(blank=True)
    # Where all of its family are listed; without it, each has a message of its own.
    list_link = models.TextField(blank=True, default="")
    # What only the person at the address may know; erased once it was sent.
    code = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Whoever asked for it wants it no more; a dead delivery of it is not brought back.
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves the recipient: a notice born stale would never be sent, silently.
            models.CheckConstraint(
                name="notification_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]
        indexes = [
            # Serves cancel(): an acknowledgement finds what it has to stop.
            models.Index(name="notification_by_group", fields=["group"]),
            # Serves prune().
            models.Index(name="notification_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

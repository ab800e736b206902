from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Recipient(models.Model):
    """Somebody who can be notified; who that is, this app does not know."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    language = models.CharField(max_length=16, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves the sender: half a window could mean "never" or "always".
            models.CheckConstraint(
                name="recipient_quiet_hours_are_whole",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

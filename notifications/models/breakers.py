from __future__ import annotations

from django.db import models


class Breaker(models.Model):
    """A provider that is not called for now, under one set of credentials.

    A row is there only while it is open: every worker sees the same.
    """

    channel = models.CharField(max_length=16)
    credential = models.CharField(max_length=128)
    opened_at = models.DateTimeField()
    # When the next call may test whether the provider works again.
    probe_at = models.DateTimeField()
    last_code = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            # Serves the attempt: all workers see one state.
            models.UniqueConstraint(
                name="breaker_once_per_credential", fields=["channel", "credential"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.credential}"

from __future__ import annotations

from django.db import models

from notifications.models.contact_points import ContactPoint


class Verification(models.Model):
    """A code that was sent to an address, which its owner enters to confirm it."""

    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="verifications"
    )
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"verification {self.pk}"

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

#: not used for so long: the phone was lost or the app removed
IDLE = timedelta(days=30)
#: a diary is kept for months; after these the patient signs in anew
LIFETIME = timedelta(days=90)


class SessionTokenQuerySet(models.QuerySet["SessionToken"]):
    def valid(self, *, at: datetime) -> SessionTokenQuerySet:
        return self.filter(
            Q(user=None) | Q(user__is_active=True),
            revoked_at=None,
            used_at__gt=at - IDLE,
            created_at__gt=at - LIFETIME,
        )


class SessionToken(models.Model):
    """A phone's session. The token itself is with the phone, its hash is here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    #: null while a sign-in or a password reset is under way
    user = models.ForeignKey(
        "tracker.User", models.CASCADE, null=True, related_name="session_tokens"
    )
    session_key = models.CharField(max_length=40)
    #: of the password; another password is another hash, and ends the session
    auth_hash = models.CharField(max_length=128, blank=True)
    device_name = models.CharField(max_length=80, blank=True)
    #: the contact point that this phone registered: signing out ends both
    contact_point_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField()  #: to the hour, to spare a write in each request
    revoked_at = models.DateTimeField(null=True)

    objects = SessionTokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)

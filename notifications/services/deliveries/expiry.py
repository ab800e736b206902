"""Ends deliveries that nobody could finish, so that each reaches a terminal state (I6)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from notifications.models import Delivery
from notifications.services.deliveries import fallback_channels
from notifications.services.deliveries.transitions import Event, apply


@transaction.atomic
def expire(*, at: datetime, limit: int) -> int:
    """End deliveries that are too late to be useful or have used up their attempts."""
    stuck = (
        Delivery.objects.unleased()
        .filter(Q(expires_at__lte=at) | Q(attempts__gte=F("attempts_allowed")))
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at")
    )
    rows = list(stuck[:limit])
    used_up = [row for row in rows if row.expires_at > at]
    apply(Event.EXPIRE, [row for row in rows if row.expires_at <= at])
    apply(Event.EXHAUST, used_up)
    for row in used_up:
        fallback_channels.promote_fallback(row)
    return len(rows)

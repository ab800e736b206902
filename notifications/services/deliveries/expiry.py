"""Every delivery comes to an end (I6), also one that nobody could finish."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from notifications.models import Delivery
from notifications.services.deliveries import fallback_channels


@transaction.atomic
def expire(*, at: datetime, limit: int) -> int:
    """End what is too late to be useful and what has used up its attempts."""
    stuck = (
        Delivery.objects.unleased()
        .filter(Q(expires_at__lte=at) | Q(attempts__gte=F("attempts_allowed")))
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at")
    )
    rows = list(stuck[:limit])
    late = [row.pk for row in rows if row.expires_at <= at]
    used_up = [row for row in rows if row.expires_at > at]
    # The number is raised: should a paused holder wake, its result is fenced off.
    fence = {"claim_no": F("claim_no") + 1}
    Delivery.objects.filter(pk__in=late).end(Delivery.State.EXPIRED, **fence)
    Delivery.objects.filter(pk__in=[row.pk for row in used_up]).end(Delivery.State.DEAD, **fence)
    for row in used_up:
        fallback_channels.promote_fallback(row)
    return len(rows)

"""Every delivery comes to an end (I6), also one that nobody could finish."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from notifications.models import Delivery


@transaction.atomic
def settle(*, at: datetime, limit: int) -> int:
    """End what is too late to be useful and what has used up its attempts."""
    stuck = (
        Delivery.objects.in_nobodys_hands()
        .filter(Q(expires_at__lte=at) | Q(attempts__gte=F("attempts_allowed")))
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at")
        .values_list("pk", "expires_at")[:limit]
    )
    rows = list(stuck)
    late = [pk for pk, expires_at in rows if expires_at <= at]
    used_up = [pk for pk, expires_at in rows if expires_at > at]
    # The number is raised: should a paused holder wake, its result is fenced off.
    fence = {"claim_no": F("claim_no") + 1}
    Delivery.objects.filter(pk__in=late).end(Delivery.State.EXPIRED, **fence)
    Delivery.objects.filter(pk__in=used_up).end(Delivery.State.DEAD, **fence)
    return len(rows)

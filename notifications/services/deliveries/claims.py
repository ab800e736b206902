"""Claims: the right to work on a delivery, with a lease that expires and a fencing number.

A result is written only by the holder of the current number, so a worker that was paused and
continues after its lease has expired changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, When

from notifications.models import Delivery
from notifications.models.database_now import DatabaseNow
from notifications.services.deliveries import bundles
from notifications.services.deliveries.transitions import Event, apply

#: Longer than any channel's call (10 s) with the short transactions around it.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Claim:
    delivery_id: UUID
    number: int
    #: The other deliveries that the message covers, each with its own claim number.
    followers: Mapping[UUID, int] = field(default_factory=dict)


@transaction.atomic(durable=True)
def take(*, delivery_id: UUID, at: datetime) -> Claim | None:
    """Claim the delivery and its bundle; return None if it is not due, finished or claimed."""
    together = bundles.together_with(delivery_id)
    free = Delivery.objects.claimable(at).filter(together).select_related("notification")
    wanted_first = Case(When(pk=delivery_id, then=0), default=1)
    locked = free.select_for_update(of=("self",), skip_locked=True)
    rows = {
        row.pk: row
        for row in locked.order_by(wanted_first, "next_attempt_at")[: bundles.MAX_DELIVERIES]
    }
    wanted = rows.get(delivery_id)
    if wanted is None:
        return None
    if later := bundles.throttled_until(wanted, at):
        apply(Event.THROTTLE, rows.values(), next_attempt_at=later)
        return None
    leader = rows.pop(bundles.previous_leader(rows) or delivery_id)
    lease_until = DatabaseNow() + LEASE
    apply(Event.CLAIM, [leader], lease_until=lease_until, bundle_leader=None)
    apply(Event.CLAIM, rows.values(), lease_until=lease_until, bundle_leader=leader)
    numbers = {row.pk: row.claim_no + 1 for row in rows.values()}
    return Claim(leader.pk, leader.claim_no + 1, numbers)

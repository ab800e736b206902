"""Who may work on a delivery: a lease that ends by itself, and a number that fences.

A result is written only by the holder of the current number, so a worker that was
paused and wakes after its lease changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from notifications.models import Delivery

#: Longer than any channel's call (10 s) and the short transactions around it.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Claim:
    delivery_id: UUID
    number: int


@transaction.atomic(durable=True)
def take(*, delivery_id: UUID, at: datetime) -> Claim | None:
    """Claim the delivery, or return None: not due, finished, or in other hands."""
    free = Delivery.objects.claimable(at).filter(pk=delivery_id)
    delivery = free.select_for_update(skip_locked=True).first()
    if delivery is None:
        return None
    Delivery.objects.filter(pk=delivery_id).claim(LEASE)
    return Claim(delivery_id, delivery.claim_no + 1)

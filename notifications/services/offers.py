"""What is due and whose turn it is: offered to the workers, or overdue for them.

An offer is a hint, the row is the truth: an offer may be lost, repeated or late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q

from notifications.models import Delivery, Urgency
from notifications.models.deliveries import DeliveryQuerySet

#: After this long without a claim an offer counts as lost.
OFFER_LASTS = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Offer:
    delivery_id: UUID
    #: It was offered before and nobody came.
    is_repeated: bool


@transaction.atomic
def take(*, urgency: Urgency, at: datetime, limit: int) -> list[Offer]:
    """Mark what is due, the longest waiting first, as offered now and return it."""
    due = (
        Delivery.objects.claimable(at)
        .filter(~_offered(at), urgency=urgency)
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at")[:limit]
    )
    offers = [Offer(row.pk, row.offered_at is not None) for row in due]
    _rows(offers).update(offered_at=at)
    return offers


def withdraw(offers: list[Offer], *, at: datetime) -> None:
    """Call the offers lost at once: they could not be brought to anybody."""
    _rows(offers).update(offered_at=at - OFFER_LASTS)


def outstanding(*, urgency: Urgency, at: datetime) -> int:
    """How many offers are waiting to be claimed."""
    return Delivery.objects.claimable(at).filter(_offered(at), urgency=urgency).count()


def next_due_at() -> datetime | None:
    """When the next delivery that was not offered yet comes due."""
    waiting = Delivery.objects.in_nobodys_hands().filter(offered_at__isnull=True)
    earliest: datetime | None = waiting.aggregate(at=Min("next_attempt_at"))["at"]
    return earliest


def _offered(at: datetime) -> Q:
    return Q(offered_at__isnull=False, offered_at__gt=at - OFFER_LASTS)


def _rows(offers: list[Offer]) -> DeliveryQuerySet:
    return Delivery.objects.filter(pk__in=[offer.delivery_id for offer in offers])

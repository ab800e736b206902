"""Dispatch hints: which deliveries the dispatcher hands to workers now.

A hint only says that a delivery is due. It may be lost, repeated or late: whoever receives it
still has to claim the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q

from notifications.models import Delivery, Urgency
from notifications.models.deliveries import DeliveryQuerySet

#: A hint that led to no claim for this long counts as lost.
HINT_LASTS = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class DispatchHint:
    delivery_id: UUID
    #: An earlier hint for this delivery was lost.
    is_repeated: bool


@transaction.atomic
def issue(*, urgency: Urgency, at: datetime, limit: int) -> list[DispatchHint]:
    """Return hints for the deliveries that are due, the longest waiting first."""
    due = (
        Delivery.objects.claimable(at)
        .filter(~_hinted(at), urgency=urgency)
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at")[:limit]
    )
    hints = [DispatchHint(row.pk, row.hinted_at is not None) for row in due]
    _rows(hints).update(hinted_at=at)
    return hints


def withdraw(hints: list[DispatchHint], *, at: datetime) -> None:
    """Mark the hints as lost, so that their deliveries are due for a hint again at once."""
    _rows(hints).update(hinted_at=at - HINT_LASTS)


def outstanding(*, urgency: Urgency, at: datetime) -> int:
    """Count the deliveries that have a hint and wait to be claimed."""
    return Delivery.objects.claimable(at).filter(_hinted(at), urgency=urgency).count()


def next_due_at() -> datetime | None:
    """Return when the next delivery without a hint comes due."""
    waiting = Delivery.objects.unleased().filter(hinted_at__isnull=True)
    earliest: datetime | None = waiting.aggregate(at=Min("next_attempt_at"))["at"]
    return earliest


def _hinted(at: datetime) -> Q:
    return Q(hinted_at__isnull=False, hinted_at__gt=at - HINT_LASTS)


def _rows(hints: list[DispatchHint]) -> DeliveryQuerySet:
    return Delivery.objects.filter(pk__in=[hint.delivery_id for hint in hints])

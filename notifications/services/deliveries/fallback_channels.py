"""Fallback channels: a notification that does not arrive on one channel is sent on the next.

A notification's deliveries have a fallback level. All of level 0 is used at once. An urgent
notification falls back to the next level after minutes without a confirmation, a routine one
if it was not sent; both fall back at once when a level has failed or its provider is down.
The timer is the `next_attempt_at` of the later delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef

from notifications.channels import CHANNELS
from notifications.models import ContactPoint, Delivery, Urgency
from notifications.models.database_now import DatabaseNow
from notifications.models.deliveries import DeliveryQuerySet
from notifications.services.deliveries.transitions import Event, apply
from notifications.services.dispatch.wake import wake_dispatcher

FALLBACK_AFTER = {
    Urgency.URGENT: timedelta(minutes=5),
    Urgency.ROUTINE: timedelta(minutes=30),
    Urgency.BULK: timedelta(minutes=30),
}

#: The code of a delivery that was skipped because another channel was enough.
ALREADY_TOLD = "told_otherwise"


def schedule(
    points: Iterable[ContactPoint], urgency: int, at: datetime
) -> Iterator[tuple[ContactPoint, int, datetime]]:
    """Yield each address with its fallback level and the time when it comes due."""
    rows = list(points)
    levels = sorted({CHANNELS[point.channel].fallback_level for point in rows})
    for point in rows:
        level = levels.index(CHANNELS[point.channel].fallback_level)
        yield point, level, at + level * FALLBACK_AFTER[Urgency(urgency)]


def suppress_fallbacks(*told: Delivery) -> None:
    """Suppress the deliveries that wait on later levels: the person was told."""
    earlier = Delivery.objects.filter(
        pk__in=[each.pk for each in told],
        notification=OuterRef("notification"),
        fallback_level__lt=OuterRef("fallback_level"),
    )
    theirs = _waiting().filter(notification__in=[each.notification_id for each in told])
    apply(Event.SKIP, _locked(theirs.filter(Exists(earlier))), last_code=ALREADY_TOLD)


def promote_fallback(*given_up: Delivery) -> None:
    """Make the next level due now: these deliveries failed, or cannot be tried soon."""
    for delivery in given_up:
        _promote_fallback(delivery)


def _promote_fallback(delivery: Delivery) -> None:
    if _others_under_way(delivery).exists():
        return
    level = _waiting_after(delivery).aggregate(level=Min("fallback_level"))["level"]
    if level is None:
        return
    due = _locked(_waiting_after(delivery).filter(fallback_level=level))
    apply(Event.PROMOTE, due, next_attempt_at=DatabaseNow())
    if delivery.urgency == Urgency.URGENT:
        wake_dispatcher()


def _waiting() -> DeliveryQuerySet:
    return Delivery.objects.filter(state=Delivery.State.PENDING, attempts=0)


def _waiting_after(delivery: Delivery) -> DeliveryQuerySet:
    return _waiting().filter(
        notification_id=delivery.notification_id, fallback_level__gt=delivery.fallback_level
    )


def _others_under_way(delivery: Delivery) -> DeliveryQuerySet:
    """Another device on the same level may still reach the person."""
    return Delivery.objects.filter(
        notification_id=delivery.notification_id,
        fallback_level=delivery.fallback_level,
        state__in=[*Delivery.UNFINISHED, Delivery.State.SENT, Delivery.State.DELIVERED],
        next_attempt_at__lte=DatabaseNow(),
    ).exclude(pk=delivery.pk)


def _locked(rows: DeliveryQuerySet) -> list[Delivery]:
    """Lock the rows that nobody else has locked: a cancel may wait for us, so we never wait."""
    return list(rows.select_for_update(skip_locked=True).only("pk", "claim_no"))

"""From one channel to the next: who was not reached on one rung is told on the next.

An urgent notice goes down a rung when a few minutes have brought no confirmation, a routine
one when it could not be sent; both at once when a rung has failed or its provider is down.
The timer is the later delivery's own `next_attempt_at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, F, Min, OuterRef

from notifications.channels import RUNGS
from notifications.models import ContactPoint, Delivery, Urgency
from notifications.models.deliveries import DeliveryQuerySet
from notifications.models.now import DatabaseNow
from notifications.models.wake import wake_dispatcher

FALL_AFTER = {
    Urgency.URGENT: timedelta(minutes=5),
    Urgency.ROUTINE: timedelta(minutes=30),
    Urgency.BULK: timedelta(minutes=30),
}

#: Why a delivery was not needed any more.
TOLD = "told_otherwise"


def planned(
    points: Iterable[ContactPoint], urgency: int, at: datetime
) -> Iterator[tuple[ContactPoint, int, datetime]]:
    """Each address with its rung and the time at which it comes due."""
    rows = list(points)
    rungs = sorted({RUNGS[point.channel] for point in rows})
    for point in rows:
        rung = rungs.index(RUNGS[point.channel])
        yield point, rung, at + rung * FALL_AFTER[Urgency(urgency)]


def stop(*told: Delivery) -> None:
    """The person was told: what waits on later rungs is not needed."""
    fence = {"claim_no": F("claim_no") + 1}
    earlier = Delivery.objects.filter(
        pk__in=[each.pk for each in told],
        notification=OuterRef("notification"),
        rung__lt=OuterRef("rung"),
    )
    theirs = _waiting().filter(notification__in=[each.notification_id for each in told])
    waiting = _locked(theirs.filter(Exists(earlier)))
    waiting.end(Delivery.State.SUPPRESSED, last_code=TOLD, **fence)


def bring_forward(*given_up: Delivery) -> None:
    """These rungs will not do, or not soon: the next of each is due now."""
    for delivery in given_up:
        _bring_forward(delivery)


def _bring_forward(delivery: Delivery) -> None:
    if _others_under_way(delivery).exists():
        return
    rung = _waiting_after(delivery).aggregate(rung=Min("rung"))["rung"]
    if rung is None:
        return
    due = _locked(_waiting_after(delivery).filter(rung=rung))
    due.put_back(next_attempt_at=DatabaseNow())
    if delivery.urgency == Urgency.URGENT:
        wake_dispatcher()


def is_told(delivery: Delivery, state: Delivery.State) -> bool:
    """Whether this end of a delivery means that no other rung is needed."""
    is_enough = delivery.urgency != Urgency.URGENT and state == Delivery.State.SENT
    return is_enough or state == Delivery.State.DELIVERED


def _waiting() -> DeliveryQuerySet:
    return Delivery.objects.filter(state=Delivery.State.PENDING, attempts=0)


def _waiting_after(delivery: Delivery) -> DeliveryQuerySet:
    return _waiting().filter(notification_id=delivery.notification_id, rung__gt=delivery.rung)


def _others_under_way(delivery: Delivery) -> DeliveryQuerySet:
    """Another device on the same rung may still reach them."""
    return Delivery.objects.filter(
        notification_id=delivery.notification_id,
        rung=delivery.rung,
        state__in=[*Delivery.UNFINISHED, Delivery.State.SENT, Delivery.State.DELIVERED],
        next_attempt_at__lte=DatabaseNow(),
    ).exclude(pk=delivery.pk)


def _locked(rows: DeliveryQuerySet) -> DeliveryQuerySet:
    """Those that nobody else is changing: to wait for a cancel that waits for us is a deadlock."""
    free = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)
    return Delivery.objects.filter(pk__in=list(free))

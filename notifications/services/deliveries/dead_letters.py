"""Dead letters: deliveries that failed for good; an operator lists and retries them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from notifications.channels import CHANNELS
from notifications.models import Delivery, Notification, Urgency
from notifications.services.deliveries.transitions import Event, apply
from notifications.services.dispatch.wake import wake_dispatcher


class CannotBeRetried(Exception):
    """The delivery is not dead, was cancelled, or is too late to be useful."""


def all_dead() -> QuerySet[Delivery]:
    """Return the dead deliveries, the latest first."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD)
    return dead.select_related("notification").order_by("-ended_at", "pk")


@transaction.atomic
def retry(*, delivery_id: UUID, at: datetime) -> None:
    """Make the delivery due again with all its attempts. Raises `CannotBeRetried`."""
    # The notification is locked before the delivery, as in outbox.cancel(): a cancel either comes
    # first and is seen here, or comes later and stops what is revived.
    wanted = Notification.objects.select_for_update().filter(
        deliveries__pk=delivery_id, cancelled_at__isnull=True
    )
    if not wanted.exists():
        raise CannotBeRetried("It was cancelled, or does not exist.")
    delivery = all_dead().filter(pk=delivery_id).select_for_update(of=("self",)).first()
    if delivery is None:
        raise CannotBeRetried("It is not dead.")
    if delivery.expires_at <= at:
        raise CannotBeRetried("It is too late to be useful.")
    if not delivery.contact_point.is_usable:
        raise CannotBeRetried("Its address is disabled.")
    apply(
        Event.REVIVE,
        [delivery],
        next_attempt_at=at,
        attempts=0,
        attempts_allowed=CHANNELS[delivery.channel].retry.attempts,
    )
    if delivery.urgency == Urgency.URGENT:
        wake_dispatcher()

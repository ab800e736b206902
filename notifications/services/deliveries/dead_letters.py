"""What could not be delivered: shown to the operator, and tried again when they say so."""

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
    """It is not dead, nobody wants it any more, or it is too late to be useful."""


def all_dead() -> QuerySet[Delivery]:
    """The dead, the latest first."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD)
    return dead.select_related("notification").order_by("-ended_at", "pk")


@transaction.atomic
def retry(*, delivery_id: UUID, at: datetime) -> None:
    """Begin anew with all attempts. Raises `CannotBeRetried`."""
    # Before the delivery, as outbox.cancel() does: an acknowledgement either comes first and is
    # seen here, or comes after and stops what is revived.
    wanted = Notification.objects.select_for_update().filter(
        deliveries__pk=delivery_id, cancelled_at__isnull=True
    )
    if not wanted.exists():
        raise CannotBeRetried("It was cancelled, or there is none.")
    delivery = all_dead().filter(pk=delivery_id).select_for_update(of=("self",)).first()
    if delivery is None:
        raise CannotBeRetried("It is not dead.")
    if delivery.expires_at <= at:
        raise CannotBeRetried("It is too late to be useful.")
    if not delivery.contact_point.is_usable:
        raise CannotBeRetried("Its address is not used any more.")
    apply(
        Event.REVIVE,
        [delivery],
        next_attempt_at=at,
        attempts=0,
        attempts_allowed=CHANNELS[delivery.channel].retry.attempts,
    )
    if delivery.urgency == Urgency.URGENT:
        wake_dispatcher()

"""Trial messages: an operator checks that an address can be reached."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifications.kinds import Kind
from notifications.models import ContactPoint, Delivery, Urgency
from notifications.services.notifications.creation import create

EXPIRES_AFTER = timedelta(hours=1)


class NoSuchAddress(Exception):
    """No recipient uses this address on this channel."""


def send_trial_message(*, channel: str, address: str, at: datetime) -> Delivery:
    """Enqueue a test message to one address and return its delivery.

    It takes the way of every other message: outbox, dispatcher, worker, provider. Raises
    `NoSuchAddress`.
    """
    points = ContactPoint.objects.usable().filter(channel=channel, address=address)
    point = points.order_by("-verified_at", "pk").first()
    if point is None:
        raise NoSuchAddress
    notification = create(
        recipient_id=point.recipient_id,
        points=[point],
        kind=Kind.TEST,
        group=f"test:{point.pk}",
        urgency=Urgency.URGENT,
        link="/",
        expires_at=at + EXPIRES_AFTER,
        at=at,
    )
    return notification.deliveries.get()

"""Creates notifications with their deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.channels import CHANNELS
from notifications.kinds import Kind
from notifications.models import ContactPoint, Delivery, Notification, Urgency
from notifications.services.deliveries import fallback_channels
from notifications.services.dispatch.wake import wake_dispatcher


@transaction.atomic
def create(
    *,
    recipient_id: UUID,
    points: Iterable[ContactPoint],
    kind: Kind,
    group: str,
    urgency: Urgency,
    link: str,
    list_link: str = "",
    code: str = "",
    expires_at: datetime,
    at: datetime,
) -> Notification:
    """Create a notification with one delivery to each of the addresses.

    All of it is due as `fallback_channels.schedule` says; the dispatcher is woken for what is
    urgent.
    """
    notification = Notification.objects.create(
        recipient_id=recipient_id,
        kind=Kind(kind),
        group=group,
        urgency=Urgency(urgency),
        link=link,
        list_link=list_link,
        code=code,
        created_at=at,
        expires_at=expires_at,
    )
    Delivery.objects.bulk_create(
        Delivery(
            notification=notification,
            contact_point=point,
            channel=point.channel,
            urgency=notification.urgency,
            expires_at=expires_at,
            fallback_level=level,
            next_attempt_at=due_at,
            attempts_allowed=CHANNELS[point.channel].retry.attempts,
        )
        for point, level, due_at in fallback_channels.schedule(points, notification.urgency, at)
    )
    if notification.urgency == Urgency.URGENT:
        wake_dispatcher()
    return notification

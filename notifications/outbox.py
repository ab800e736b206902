"""The only door of this app for other apps: who can be reached, what to tell them.

Every function works inside the caller's transaction: what the caller rolls back was
never enqueued, and what it commits cannot be lost.
"""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from notifications.channels import CHANNELS
from notifications.kinds import Kind
from notifications.models import (
    ContactPoint,
    Delivery,
    Notification,
    Recipient,
    Urgency,
)

__all__ = [
    "Kind",
    "Urgency",
    "cancel",
    "enqueue",
    "forget",
    "reachable",
    "set_contact_point",
    "upsert_recipient",
    "wake_dispatcher",
]

#: The PostgreSQL channel on which the dispatcher listens for urgent work.
WAKE_CHANNEL = "lumbar_urgent"


@transaction.atomic
def enqueue(
    *,
    recipient_id: UUID,
    kind: Kind,
    group: str,
    urgency: Urgency,
    expires_at: datetime,
    link: str,
    at: datetime,
) -> Notification:
    """Put one notification, with a delivery per usable address, in the outbox.

    `group` is opaque: it is what `cancel` takes. `link` is a path such as
    `/console/flags/...`; the address of the site is put before it when it is sent.
    """
    notification = Notification.objects.create(
        recipient_id=recipient_id,
        kind=Kind(kind),
        group=group,
        urgency=Urgency(urgency),
        link=link,
        created_at=at,
        expires_at=expires_at,
    )
    points = ContactPoint.objects.usable().filter(recipient_id=recipient_id)
    Delivery.objects.bulk_create(
        Delivery(
            notification=notification,
            contact_point=point,
            channel=point.channel,
            urgency=notification.urgency,
            expires_at=expires_at,
            next_attempt_at=at,
            attempts_allowed=CHANNELS[point.channel].retry.attempts,
        )
        for point in points
    )
    if notification.urgency == Urgency.URGENT:
        wake_dispatcher()
    return notification


@transaction.atomic
def cancel(*, group: str, at: datetime) -> int:
    """Stop all that is unfinished in the group; return how many deliveries that was.

    After the caller's commit no new attempt starts: the claim number is raised here,
    and an attempt begins only under the row's lock, with the number it was given.
    """
    stopped = (
        Delivery.objects.unfinished()
        .filter(notification__group=group)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return Delivery.objects.filter(pk__in=list(stopped)).end(
        Delivery.State.CANCELLED, ended_at=at, claim_no=F("claim_no") + 1
    )


def reachable(recipient_id: UUID) -> bool:
    """Whether a notification to this recipient would have any address to go to."""
    return ContactPoint.objects.usable().filter(recipient_id=recipient_id).exists()


def upsert_recipient(
    *,
    recipient_id: UUID | None = None,
    language: str,
    time_zone: str,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> Recipient:
    """Create the recipient, or set what is known of an existing one.

    Raises `zoneinfo.ZoneInfoNotFoundError` for a zone that does not exist.
    """
    ZoneInfo(time_zone)
    known = {
        "language": language,
        "time_zone": time_zone,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
    }
    if recipient_id is None:
        return Recipient.objects.create(**known)
    recipient, _ = Recipient.objects.update_or_create(pk=recipient_id, defaults=known)
    return recipient


@transaction.atomic
def set_contact_point(
    *,
    recipient_id: UUID,
    channel: str,
    address: str,
    at: datetime,
    verified: bool = True,
) -> ContactPoint:
    """Make this the recipient's one address on the channel.

    Raises `KeyError` for a channel that does not exist.
    """
    channel = CHANNELS[channel].name
    points = ContactPoint.objects.filter(recipient_id=recipient_id, channel=channel)
    points.filter(disabled_at__isnull=True).exclude(address=address).update(
        disabled_at=at, disabled_reason=ContactPoint.DisabledReason.REPLACED
    )
    point, _ = ContactPoint.objects.update_or_create(
        recipient_id=recipient_id,
        channel=channel,
        address=address,
        defaults={
            "verified_at": at if verified else None,
            "refusals": 0,
            "disabled_at": None,
            "disabled_reason": "",
        },
    )
    return point


def forget(*, recipient_id: UUID) -> None:
    """Erase the recipient: addresses, notifications, deliveries, attempts."""
    Recipient.objects.filter(pk=recipient_id).delete()


def wake_dispatcher() -> None:
    """Tell the dispatcher, when the caller commits, that urgent work is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [WAKE_CHANNEL])

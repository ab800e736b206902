"""The interface of this app for other apps: recipients, addresses, enqueue and cancel.

Every function works inside the caller's transaction: what the caller rolls back was
never enqueued, and what it commits cannot be lost.
"""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from notifications.channels import configured, webpush
from notifications.channels import devices as device_channels
from notifications.channels.base import UnusableAddress
from notifications.kinds import Kind
from notifications.models import (
    ContactPoint,
    Delivery,
    Notification,
    Recipient,
    Urgency,
)
from notifications.models.contact_points import ContactPointQuerySet
from notifications.services.contact_points.addresses import (
    add_contact_point,
    remove_contact_point,
    set_contact_point,
)
from notifications.services.deliveries import transitions
from notifications.services.deliveries.outcomes import undelivered_groups
from notifications.services.dispatch.wake import WAKE_CHANNEL, wake_dispatcher
from notifications.services.notifications.creation import create
from notifications.services.notifications.verification import TooManyCodes, confirm_code, send_code

__all__ = [
    "WAKE_CHANNEL",
    "Kind",
    "TooManyCodes",
    "UnusableAddress",
    "Urgency",
    "add_contact_point",
    "addresses",
    "cancel",
    "confirm_code",
    "devices",
    "enqueue",
    "forget",
    "is_channel_configured",
    "reachable",
    "recipient",
    "remove_contact_point",
    "send_code",
    "set_contact_point",
    "undelivered_groups",
    "upsert_recipient",
    "wake_dispatcher",
    "webpush_key",
]


@transaction.atomic
def enqueue(
    *,
    recipient_id: UUID,
    kind: Kind,
    group: str,
    urgency: Urgency,
    expires_at: datetime,
    link: str,
    list_link: str = "",
    at: datetime,
) -> Notification:
    """Create one notification, with a delivery to each usable address of the recipient.

    The channels are used in the order of their fallback levels, a later one only while nobody
    has confirmed an earlier one. `group` is an opaque string that `cancel` takes. `link` is a
    path such as `/console/flags/...`, to which the address of the site is added. With a
    `list_link` one message with a count and that link may cover several notifications.
    """
    return create(
        recipient_id=recipient_id,
        points=_usable(recipient_id),
        kind=kind,
        group=group,
        urgency=urgency,
        link=link,
        list_link=list_link,
        expires_at=expires_at,
        at=at,
    )


@transaction.atomic
def cancel(*, group: str, at: datetime) -> int:
    """Cancel the unfinished deliveries of the group and return their number.

    After the caller's commit no new attempt starts: the claim number is raised here,
    and an attempt begins only under the row's lock, with the number it was given.
    """
    wanted = Notification.objects.filter(group=group, cancelled_at__isnull=True)
    # Locked in one order, so that two cancels do not deadlock.
    rows = wanted.select_for_update().order_by("pk").values_list("pk", flat=True)
    Notification.objects.filter(pk__in=list(rows)).update(cancelled_at=at)
    unfinished = Delivery.objects.unfinished().filter(notification__group=group).lock()
    return transitions.apply(transitions.Event.CANCEL, unfinished, ended_at=at)


def recipient(recipient_id: UUID) -> Recipient | None:
    """Return the recipient (language, time zone, quiet hours), if there is one."""
    return Recipient.objects.filter(pk=recipient_id).first()


def reachable(recipient_id: UUID) -> bool:
    """Whether the recipient has an address that can be used."""
    return _usable(recipient_id).exists()


def is_channel_configured(channel: str) -> bool:
    return channel in configured()


def webpush_key() -> str | None:
    """Return the public key with which browsers subscribe, if Web Push is configured."""
    return webpush.public_key() if is_channel_configured("webpush") else None


def devices(recipient_id: UUID) -> list[ContactPoint]:
    """Return the recipient's phones and browsers in use, the latest first."""
    points = _usable(recipient_id).filter(channel__in=device_channels())
    return list(points.order_by("-verified_at", "pk"))


def addresses(recipient_id: UUID, channel: str) -> list[ContactPoint]:
    """Return the recipient's addresses in use on this channel."""
    return list(_usable(recipient_id).filter(channel=channel).order_by("pk"))


def upsert_recipient(
    *,
    recipient_id: UUID | None = None,
    language: str,
    time_zone: str,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> Recipient:
    """Create a recipient, or update an existing one.

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
def forget(*, recipient_id: UUID) -> None:
    """Erase the recipient: addresses, notifications, deliveries, attempts.

    The deliveries are locked first. An attempt begins only under that lock, so none begins
    of what is about to go, and one that has begun goes with it.
    """
    Delivery.objects.filter(notification__recipient_id=recipient_id).lock()
    Recipient.objects.filter(pk=recipient_id).delete()


def _usable(recipient_id: UUID) -> ContactPointQuerySet:
    points = ContactPoint.objects.usable().filter(recipient_id=recipient_id)
    return points.filter(channel__in=configured())

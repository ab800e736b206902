"""A person's addresses: a phone number, an inbox, the devices they carry."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from notifications.channels import CHANNELS, devices
from notifications.models import ContactPoint
from notifications.models.contact_points import ContactPointQuerySet
from notifications.models.database_now import DatabaseNow

logger = logging.getLogger(__name__)

Reason = ContactPoint.DisabledReason

#: Per person and channel; registering one more disables the oldest.
MAX_DEVICES = 10

#: An app registers its device at each start, so one that did not is probably gone.
DEVICES_EXPIRE_AFTER = timedelta(days=60)

UNREACHABLE_SHOWN_FOR = timedelta(days=30)

#: One refusal may be the provider's error; the second disables the address.
MAX_REFUSALS = 2


@transaction.atomic
def set_contact_point(
    *,
    recipient_id: UUID,
    channel: str,
    address: str,
    secret: str = "",
    at: datetime,
    verified: bool = True,
) -> ContactPoint:
    """Make this the recipient's one address on the channel.

    Raises `KeyError` for a channel that does not exist, `UnusableAddress` for what can
    be no address of it.
    """
    others = _of(recipient_id, channel).exclude(address=address)
    others.disable(Reason.REPLACED, at)
    return _store(recipient_id, channel, address, secret, at if verified else None)


@transaction.atomic
def add_contact_point(
    *, recipient_id: UUID, channel: str, address: str, secret: str = "", at: datetime
) -> ContactPoint:
    """Add a device to the recipient's others, and disable it for whoever had it before.

    Raises as `set_contact_point` does.
    """
    elsewhere = ContactPoint.objects.filter(channel=channel, address=address)
    elsewhere.exclude(recipient_id=recipient_id).disable(Reason.REPLACED, at)
    point = _store(recipient_id, channel, address, secret, at)
    newest = _of(recipient_id, channel).usable().order_by("-verified_at", "-pk")
    kept = list(newest.values_list("pk", flat=True)[:MAX_DEVICES])
    _of(recipient_id, channel).exclude(pk__in=kept).disable(Reason.REPLACED, at)
    return point


def remove_contact_point(*, recipient_id: UUID, contact_point_id: UUID, at: datetime) -> bool:
    """Disable the address; return False if the recipient has no such address."""
    points = ContactPoint.objects.filter(pk=contact_point_id, recipient_id=recipient_id)
    return bool(points.disable(Reason.REMOVED, at))


def apply_feedback(
    *,
    contact_point_id: UUID,
    disables: ContactPoint.DisabledReason | None = None,
    as_of: datetime | None = None,
    is_refused: bool = False,
) -> None:
    """Disable an address, or count a refusal of it, as a provider reports.

    `disables` counts at once, but not for what was confirmed again since `as_of`.
    """
    points = ContactPoint.objects.filter(pk=contact_point_id)
    if disables is not None:
        known = points.filter(verified_at__lt=as_of) if as_of else points
        known.disable(disables, DatabaseNow())
    elif is_refused:
        points.update(refusals=F("refusals") + 1)
        believed = points.filter(refusals__gte=MAX_REFUSALS)
        believed.disable(Reason.REFUSED, DatabaseNow())


def record_result(*, contact_point_id: UUID, channel: str, is_reached: bool, at: datetime) -> None:
    """Disable an address that has failed for days without a success in between."""
    limit = CHANNELS[channel].disabled_after_failing_for
    if limit is None:
        return
    points = ContactPoint.objects.filter(pk=contact_point_id)
    if is_reached:
        points.filter(failing_since__isnull=False).update(failing_since=None)
        return
    points.filter(failing_since=None).update(failing_since=at)
    if points.filter(failing_since__lte=at - limit).disable(Reason.FAILING, at):
        logger.error("address_disabled", extra={"channel": channel, "outcome": Reason.FAILING})


def disable_stale(*, at: datetime) -> int:
    """Disable the devices whose app has not registered itself for months."""
    stale = ContactPoint.objects.usable().filter(
        channel__in=devices(), verified_at__lt=at - DEVICES_EXPIRE_AFTER
    )
    return stale.disable(Reason.STALE, at)


def unreachable(*, at: datetime) -> QuerySet[ContactPoint]:
    """Return the addresses that were disabled because nothing arrives there, the latest first."""
    since = at - UNREACHABLE_SHOWN_FOR
    told_apart = ContactPoint.objects.filter(
        disabled_reason__in=[Reason.FAILING, Reason.REFUSED], disabled_at__gt=since
    )
    return told_apart.order_by("-disabled_at", "pk")


def _of(recipient_id: UUID, channel: str) -> ContactPointQuerySet:
    return ContactPoint.objects.filter(recipient_id=recipient_id, channel=channel)


def _store(
    recipient_id: UUID, channel: str, address: str, secret: str, verified_at: datetime | None
) -> ContactPoint:
    CHANNELS[channel].check(address, secret)
    point, _ = ContactPoint.objects.update_or_create(
        recipient_id=recipient_id,
        channel=channel,
        address=address,
        defaults={
            "secret": secret,
            "verified_at": verified_at,
            "refusals": 0,
            "failing_since": None,
            "disabled_at": None,
            "disabled_reason": "",
        },
    )
    return point

"""A person's addresses: a phone number, an inbox, the devices they carry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from notifications.channels import CHANNELS
from notifications.models import ContactPoint
from notifications.models.now import DatabaseNow
from notifications.models.recipients import ContactPointQuerySet

Reason = ContactPoint.DisabledReason

#: Of one kind, for one person: whoever registers more has lost the oldest.
MOST_DEVICES = 10

#: One refusal may be a provider's bad hour; the second is believed.
REFUSALS_BELIEVED = 2


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
    """Add a device beside the others; it has whoever uses it now, and nobody else.

    Raises as `set_contact_point` does.
    """
    elsewhere = ContactPoint.objects.filter(channel=channel, address=address)
    elsewhere.exclude(recipient_id=recipient_id).disable(Reason.REPLACED, at)
    point = _store(recipient_id, channel, address, secret, at)
    newest = _of(recipient_id, channel).usable().order_by("-verified_at", "-pk")
    kept = list(newest.values_list("pk", flat=True)[:MOST_DEVICES])
    _of(recipient_id, channel).exclude(pk__in=kept).disable(Reason.REPLACED, at)
    return point


def remove_contact_point(*, recipient_id: UUID, contact_point_id: UUID, at: datetime) -> bool:
    """Use it no more; False if the recipient has no such address."""
    points = ContactPoint.objects.filter(pk=contact_point_id, recipient_id=recipient_id)
    return bool(points.disable(Reason.REMOVED, at))


def learn(
    *,
    contact_point_id: UUID,
    disables: ContactPoint.DisabledReason | None = None,
    as_of: datetime | None = None,
    is_refused: bool = False,
) -> None:
    """Take to heart what a provider says of an address.

    `disables` counts at once, but not for what was confirmed again since `as_of`.
    """
    points = ContactPoint.objects.filter(pk=contact_point_id)
    if disables is not None:
        known = points.filter(verified_at__lt=as_of) if as_of else points
        known.disable(disables, DatabaseNow())
    elif is_refused:
        points.update(refusals=F("refusals") + 1)
        believed = points.filter(refusals__gte=REFUSALS_BELIEVED)
        believed.disable(Reason.REFUSED, DatabaseNow())


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
            "disabled_at": None,
            "disabled_reason": "",
        },
    )
    return point

"""Verification: an address is used once its owner has entered a code that was sent there."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from notifications.channels import CHANNELS
from notifications.kinds import Kind
from notifications.models import (
    ContactPoint,
    Recipient,
    Urgency,
    Verification,
)
from notifications.services.contact_points import addresses
from notifications.services.notifications.creation import create

CODE_LASTS = timedelta(minutes=10)
MAX_TRIES = 5
MAX_CODES = 3
CODES_WITHIN = timedelta(hours=1)


class TooManyCodes(Exception):
    """The limit of codes per hour is reached: each costs money and may annoy a stranger."""


@transaction.atomic
def send_code(*, recipient_id: UUID, channel: str, address: str, link: str, at: datetime) -> None:
    """Send a code to the address, to which nothing else is sent until the code is entered.

    Raises `UnusableAddress`, `TooManyCodes`.
    """
    CHANNELS[channel].check(address, "")
    list(Recipient.objects.select_for_update(no_key=True).filter(pk=recipient_id))
    earlier = Verification.objects.filter(contact_point__recipient_id=recipient_id)
    if earlier.filter(sent_at__gt=at - CODES_WITHIN).count() >= MAX_CODES:
        raise TooManyCodes
    earlier.filter(expires_at__gt=at).update(expires_at=at)
    point, _ = ContactPoint.objects.get_or_create(
        recipient_id=recipient_id, channel=channel, address=address
    )
    code = f"{secrets.randbelow(1_000_000):06}"
    Verification.objects.create(
        contact_point=point, code_hash=_hash(point, code), sent_at=at, expires_at=at + CODE_LASTS
    )
    create(
        recipient_id=recipient_id,
        points=[point],
        kind=Kind.VERIFICATION,
        group=f"verification:{point.pk}",
        urgency=Urgency.URGENT,
        link=link,
        code=code,
        expires_at=at + CODE_LASTS,
        at=at,
    )


@transaction.atomic
def confirm_code(*, recipient_id: UUID, code: str, at: datetime) -> bool:
    """Make the address the only one of its channel if the code is right; else return False.

    A wrong code counts, so the caller must not roll back.
    """
    newest = (
        Verification.objects.select_for_update(of=("self",))
        .select_related("contact_point")
        .filter(contact_point__recipient_id=recipient_id, expires_at__gt=at, confirmed_at=None)
        .order_by("-sent_at", "-pk")
        .first()
    )
    if newest is None or newest.tries >= MAX_TRIES:
        return False
    point = newest.contact_point
    newest.tries += 1
    is_right = constant_time_compare(newest.code_hash, _hash(point, code))
    if is_right:
        newest.confirmed_at = at
        addresses.set_contact_point(
            recipient_id=recipient_id, channel=point.channel, address=point.address, at=at
        )
    newest.save(update_fields=["tries", "confirmed_at"])
    return is_right


def _hash(point: ContactPoint, code: str) -> str:
    return salted_hmac("lumbar.verification", f"{point.pk}:{code}", algorithm="sha256").hexdigest()

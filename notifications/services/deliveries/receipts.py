"""Receipts: what a provider reports of a message after it accepted it.

A receipt never reverses what is known: a delivered message stays delivered, and one that ended
otherwise (cancelled, expired) stays so. A receipt that comes twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from notifications.channels.base import Receipt
from notifications.models import Delivery
from notifications.services.contact_points import addresses
from notifications.services.deliveries import fallback_channels
from notifications.services.deliveries.transitions import Event, apply

State = Delivery.State

#: A receipt may come before the response to our call, or after that response was lost.
BEFORE_DELIVERED = (State.PENDING, State.CLAIMED, State.SENT)


def record(receipt: Receipt, *, channel: str, at: datetime) -> bool:
    """Write what a provider reports; return False if that changes nothing."""
    if receipt.is_delivered:
        return record_delivered(delivery_id=receipt.delivery_id, channel=channel, at=at)
    return record_failed(receipt, channel=channel, at=at)


@transaction.atomic
def record_delivered(*, delivery_id: UUID, channel: str, at: datetime) -> bool:
    """End the delivery: the message reached the device. False if that changes nothing."""
    rows = _told_by(delivery_id, channel, BEFORE_DELIVERED)
    told = [row for row in rows if row.attempts]
    apply(Event.CONFIRM, told, ended_at=Coalesce(F("ended_at"), at))
    fallback_channels.suppress_fallbacks(*told)
    return bool(told)


@transaction.atomic
def record_failed(receipt: Receipt, *, channel: str, at: datetime) -> bool:
    """Make the next channel due: the message did not arrive. False if that changes nothing."""
    told = _told_by(receipt.delivery_id, channel, (State.SENT,))
    if not told:
        return False
    apply(Event.REJECT, told, ended_at=at, last_code=receipt.code[:64])
    fallback_channels.promote_fallback(*told)
    addresses.apply_feedback(
        contact_point_id=told[0].contact_point_id,
        disables=receipt.disables,
        is_refused=receipt.is_address_refused,
    )
    return True


def _told_by(delivery_id: UUID, channel: str, states: tuple[State, ...]) -> list[Delivery]:
    """Lock the delivery, if it is in one of these states, and the followers of its message."""
    itself, followers = Q(pk=delivery_id, state__in=states), Q(bundle_leader=delivery_id)
    rows = Delivery.objects.filter(itself | (followers & Q(state=State.SENT)), channel=channel)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))

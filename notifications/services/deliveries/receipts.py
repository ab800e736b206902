"""What became of a message after its provider took it: word comes later, and from outside.

A receipt never takes back what is known: a delivered message stays delivered, and one that
ended otherwise (cancelled, expired) stays so. So a receipt that comes twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from notifications.models import ContactPoint, Delivery
from notifications.services.contact_points import addresses
from notifications.services.deliveries import fallback_channels
from notifications.services.deliveries.transitions import Event, apply

State = Delivery.State
Reason = ContactPoint.DisabledReason

#: Word may be here before the answer to our call is, or after it was lost.
BEFORE_DELIVERED = (State.PENDING, State.CLAIMED, State.SENT)


@transaction.atomic
def record_delivered(*, delivery_id: UUID, channel: str, at: datetime) -> bool:
    """It reached the person's device; False if that changes nothing."""
    rows = _told_by(delivery_id, channel, BEFORE_DELIVERED)
    told = [row for row in rows if row.attempts]
    apply(Event.CONFIRM, told, ended_at=Coalesce(F("ended_at"), at))
    fallback_channels.suppress_fallbacks(*told)
    return bool(told)


@transaction.atomic
def record_failed(
    *,
    delivery_id: UUID,
    channel: str,
    code: str,
    disables: ContactPoint.DisabledReason | None = None,
    is_refused: bool = False,
    at: datetime,
) -> bool:
    """It did not: the next channel is due. False if that changes nothing.

    What is said of the address: see `contact_points.learn`.
    """
    told = _told_by(delivery_id, channel, (State.SENT,))
    if not told:
        return False
    apply(Event.REJECT, told, ended_at=at, last_code=code[:64])
    fallback_channels.promote_fallback(*told)
    addresses.apply_feedback(
        contact_point_id=told[0].contact_point_id, disables=disables, is_refused=is_refused
    )
    return True


def _told_by(delivery_id: UUID, channel: str, states: tuple[State, ...]) -> list[Delivery]:
    """The delivery in one of these states, and whatever else its message told of."""
    itself, followers = Q(pk=delivery_id, state__in=states), Q(bundle_leader=delivery_id)
    rows = Delivery.objects.filter(itself | (followers & Q(state=State.SENT)), channel=channel)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))

"""What became of a message after its provider took it: word comes later, and from outside.

A receipt never takes back what is known: a delivered message stays delivered, and one that
ended otherwise (cancelled, expired) stays so. So a receipt that comes twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from notifications.models import ContactPoint, Delivery
from notifications.services import contact_points, rungs

State = Delivery.State
Reason = ContactPoint.DisabledReason

#: Word may be here before the answer to our call is, or after it was lost.
BEFORE_DELIVERED = (State.PENDING, State.CLAIMED, State.SENT)


@transaction.atomic
def arrived(*, delivery_id: UUID, channel: str, at: datetime) -> bool:
    """It reached the person's device; False if that changes nothing."""
    delivery = _locked(delivery_id, channel, BEFORE_DELIVERED)
    if delivery is None or delivery.attempts == 0:
        return False
    # The number is raised: no other attempt, and no late result, is of use any more.
    ended = {"ended_at": delivery.ended_at or at, "claim_no": F("claim_no") + 1}
    Delivery.objects.filter(pk=delivery.pk).end(State.DELIVERED, **ended)
    rungs.stop(delivery)
    return True


@transaction.atomic
def failed(
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
    delivery = _locked(delivery_id, channel, (State.SENT,))
    if delivery is None:
        return False
    Delivery.objects.filter(pk=delivery.pk).end(State.DEAD, ended_at=at, last_code=code[:64])
    rungs.bring_forward(delivery)
    contact_points.learn(
        contact_point_id=delivery.contact_point_id, disables=disables, is_refused=is_refused
    )
    return True


def _locked(delivery_id: UUID, channel: str, states: tuple[State, ...]) -> Delivery | None:
    rows = Delivery.objects.filter(pk=delivery_id, channel=channel, state__in=states)
    return rows.select_for_update(of=("self",)).first()

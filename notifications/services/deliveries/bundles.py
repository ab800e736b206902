"""Bundles: deliveries that are due at one address at once share one message with a count.

Whoever claims a delivery claims the others that can share its message. The provider sees the id
of one of them, the bundle leader; the others are its followers. Each keeps its own claim number,
so a cancel, an expired lease or a late result affects it as if it were alone. What a dead worker
held is claimed again, and bundled anew.

The first message goes out at once. While more arrive, each waits a little longer after the one
before, and includes all that has come due meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from notifications.kinds import BUNDLE_TEXTS, kinds_bundled_with
from notifications.models import Attempt, ContactPoint, Delivery, Urgency
from notifications.models.database_now import DatabaseNow

State = Delivery.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """The wait between messages to one address: `first`, then doubled each time up to `longest`."""

    first: timedelta
    longest: timedelta
    #: For how long an earlier message counts.
    window: timedelta

    def not_before(self, messages: Sequence[datetime]) -> datetime | None:
        """Return when the next message may go after those in the window; None if there are none."""
        if not messages:
            return None
        doubled = self.first * (1 << min(len(messages) - 1, 16))
        return max(messages) + min(doubled, self.longest)


#: Per claim, so that its rows are written in a fraction of the lease.
MAX_DELIVERIES = 1000

#: At most ten messages per window; an emergency waits 90 seconds at most.
URGENT_THROTTLE = Throttle(
    first=timedelta(seconds=10), longest=timedelta(seconds=90), window=timedelta(minutes=10)
)
ROUTINE_THROTTLE = Throttle(
    first=timedelta(minutes=1), longest=timedelta(minutes=10), window=timedelta(hours=1)
)


def together_with(delivery_id: UUID) -> Q:
    """Return the condition for the delivery and all that the same message could cover.

    Locks the address, because two claims for it at once would send two messages. The address is
    locked before the deliveries wherever both are.
    """
    itself = Q(pk=delivery_id)
    bundled = Delivery.objects.filter(itself, notification__kind__in=BUNDLE_TEXTS)
    delivery = bundled.exclude(notification__list_link="").select_related("notification").first()
    if delivery is None:
        return itself
    address = ContactPoint.objects.filter(pk=delivery.contact_point_id)
    list(address.select_for_update(no_key=True).values_list("pk"))
    return itself | Q(
        contact_point=delivery.contact_point_id,
        urgency=delivery.urgency,
        notification__kind__in=kinds_bundled_with(delivery.notification.kind),
        notification__list_link=delivery.notification.list_link,
    )


def previous_leader(ids: Iterable[UUID]) -> UUID | None:
    """Return the leader of an earlier message, whose id the provider has; or None."""
    calls = Attempt.objects.filter(delivery__in=list(ids)).order_by("started_at", "pk")
    return calls.values_list("delivery_id", flat=True).first()


def throttled_until(delivery: Delivery, at: datetime) -> datetime | None:
    """Return when the next message may go to this address, or None if it may go now."""
    if not delivery.notification.list_link:
        return None
    throttle = URGENT_THROTTLE if delivery.urgency == Urgency.URGENT else ROUTINE_THROTTLE
    under_way = Q(state=State.CLAIMED, lease_until__gt=DatabaseNow())
    over = Q(state__in=[State.SENT, State.DELIVERED], ended_at__gt=at - throttle.window)
    messages = Delivery.objects.filter(
        under_way | over,
        contact_point=delivery.contact_point_id,
        urgency=delivery.urgency,
        bundle_leader=None,
    ).exclude(notification__list_link="")
    sent_at = [each or at for each in messages.values_list("ended_at", flat=True)]
    later = throttle.not_before(sent_at)
    return later if later and later > at else None

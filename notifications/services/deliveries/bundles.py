"""No storm: what is due at one address at the same time is told by one message, with a count.

Whoever claims a delivery claims what else of its family is due there. One of them, the leader,
is the message: the provider sees its id. The others are its followers. Each keeps a claim number
of its own, so a cancel, a lost lease or a late result meets it as if it were alone; what a
dead process held comes again, and is bundled anew.

The first message goes out at once. While more come, each waits a little longer after the one
before, and takes along whatever has come due meanwhile.
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
    """How soon one message may follow another: `first`, then twice as long, up to `longest`."""

    first: timedelta
    longest: timedelta
    #: For how long a message counts.
    window: timedelta

    def not_before(self, messages: Sequence[datetime]) -> datetime | None:
        """When the next may go, after those within the window; None if there were none."""
        if not messages:
            return None
        doubled = self.first * (1 << min(len(messages) - 1, 16))
        return max(messages) + min(doubled, self.longest)


#: What one claim takes: its rows are written within a fraction of the lease.
MAX_DELIVERIES = 1000

#: At most ten messages within a window, and an emergency in a storm waits 90 seconds.
URGENT_THROTTLE = Throttle(
    first=timedelta(seconds=10), longest=timedelta(seconds=90), window=timedelta(minutes=10)
)
ROUTINE_THROTTLE = Throttle(
    first=timedelta(minutes=1), longest=timedelta(minutes=10), window=timedelta(hours=1)
)


def together_with(delivery_id: UUID) -> Q:
    """The delivery and what one message could tell with it.

    The address is locked: two who claim for it at once would send two messages. It is locked
    before the deliveries, as in whatever locks both.
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
    """The one that was a message before, so that the provider recognizes it; or None."""
    calls = Attempt.objects.filter(delivery__in=list(ids)).order_by("started_at", "pk")
    return calls.values_list("delivery_id", flat=True).first()


def throttled_until(delivery: Delivery, at: datetime) -> datetime | None:
    """When the next message may go to this address, or None if it may now."""
    if not delivery.notification.list_link:
        return None
    pace = URGENT_THROTTLE if delivery.urgency == Urgency.URGENT else ROUTINE_THROTTLE
    under_way = Q(state=State.CLAIMED, lease_until__gt=DatabaseNow())
    over = Q(state__in=[State.SENT, State.DELIVERED], ended_at__gt=at - pace.window)
    messages = Delivery.objects.filter(
        under_way | over,
        contact_point=delivery.contact_point_id,
        urgency=delivery.urgency,
        bundle_leader=None,
    ).exclude(notification__list_link="")
    later = pace.not_before([each or at for each in messages.values_list("ended_at", flat=True)])
    return later if later and later > at else None

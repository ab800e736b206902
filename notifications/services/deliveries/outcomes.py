"""What became of what was enqueued, for whoever has somebody else to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from notifications.models import Delivery

#: Ended, and nobody was told. A wrong address may come to light long after "sent".
UNDELIVERED = (Delivery.State.DEAD, Delivery.State.EXPIRED, Delivery.State.SUPPRESSED)


def undelivered_groups(since: Mapping[str, datetime]) -> set[str]:
    """The groups of which nothing enqueued since their instant reached anybody, or will.

    What is on its way, was sent or was cancelled is not nothing; neither is a group in which
    nothing was enqueued.
    """
    deliveries = Delivery.objects.filter(notification__group__in=since)
    rows = deliveries.values_list("notification__group", "notification__created_at", "state")
    enqueued = {(group, state) for group, at, state in rows if at >= since[group]}
    hopeful = {group for group, state in enqueued if state not in UNDELIVERED}
    return {group for group, _ in enqueued} - hopeful

"""Outcomes: whether anybody was reached by what was enqueued for a group."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from notifications.models import Delivery

#: States in which nobody was told. A wrong address may be reported long after "sent".
UNDELIVERED = (Delivery.State.DEAD, Delivery.State.EXPIRED, Delivery.State.SUPPRESSED)


def undelivered_groups(since: Mapping[str, datetime]) -> set[str]:
    """Return the groups of which nothing enqueued since their time reached anybody, or will.

    A group is not returned if something of it waits, was sent or was cancelled, or if nothing
    was enqueued.
    """
    deliveries = Delivery.objects.filter(notification__group__in=since)
    rows = deliveries.values_list("notification__group", "notification__created_at", "state")
    enqueued = {(group, state) for group, at, state in rows if at >= since[group]}
    hopeful = {group for group, state in enqueued if state not in UNDELIVERED}
    return {group for group, _ in enqueued} - hopeful

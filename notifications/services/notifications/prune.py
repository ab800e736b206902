from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from notifications.models import Delivery, Notification, Verification, WorkerHeartbeat
from notifications.services.contact_points import addresses

KEEP = timedelta(days=90)
KEEP_HEARTBEATS = timedelta(days=1)


@transaction.atomic
def prune(*, at: datetime, limit: int) -> int:
    """Delete old notifications, erase links that were sent, disable stale devices."""
    old = over().filter(created_at__lt=at - KEEP).values_list("pk", flat=True)[:limit]
    deleted = list(old)
    Delivery.objects.filter(notification__in=deleted).lock()
    Notification.objects.filter(pk__in=deleted).delete()
    # An invitation's link is a secret, so it is erased as soon as it was sent.
    linked = over().exclude(link="").values_list("pk", flat=True)[:limit]
    unlinked = Notification.objects.filter(pk__in=list(linked)).update(link="", code="")
    Verification.objects.filter(sent_at__lt=at - KEEP).delete()
    addresses.disable_stale(at=at)
    WorkerHeartbeat.objects.filter(beat_at__lt=at - KEEP_HEARTBEATS).delete()
    return max(unlinked, len(deleted))


def over() -> QuerySet[Notification]:
    """Return the notifications of which no delivery is unfinished.

    Each is looked up, by the index of its notification: with statistics from before a backlog
    a join, or the index of what is unfinished, compares each of the backlog with each other
    (20,000: 5 to 16 seconds), and the dispatcher waits.
    """
    unfinished = Delivery.objects.filter(notification=OuterRef("pk"), ended_at=None)
    found = Notification.objects.alias(under_way=Subquery(unfinished.values("pk")[:1]))
    return found.filter(under_way=None)

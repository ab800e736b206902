from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from notifications.models import Delivery, Notification, Verification, WorkerHeartbeat
from notifications.services import contact_points

KEEP = timedelta(days=90)
KEEP_HEARTBEATS = timedelta(days=1)


@transaction.atomic
def prune(*, at: datetime, limit: int) -> int:
    """Forget links that were sent, notifications that are long over, apps that are gone."""
    unfinished = Delivery.objects.unfinished().filter(notification=OuterRef("pk"))
    over = Notification.objects.exclude(Exists(unfinished))
    # An invitation's link is a secret: it stays no longer than it is needed.
    linked = over.exclude(link="").values_list("pk", flat=True)[:limit]
    unlinked = Notification.objects.filter(pk__in=list(linked)).update(link="", code="")
    old = over.filter(created_at__lt=at - KEEP).values_list("pk", flat=True)[:limit]
    deleted = list(old)
    Notification.objects.filter(pk__in=deleted).delete()
    Verification.objects.filter(sent_at__lt=at - KEEP).delete()
    contact_points.drop_stale(at=at)
    WorkerHeartbeat.objects.filter(beat_at__lt=at - KEEP_HEARTBEATS).delete()
    return max(unlinked, len(deleted))

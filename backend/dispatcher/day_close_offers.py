"""Offer due day closes to the workers."""

from __future__ import annotations

from datetime import datetime

from backend.dispatcher.broker import Broker
from notifications.models import Urgency
from tracker.services.evaluation import day_closes
from tracker.tasks import close_days

#: More offers than this in the queue would not make the workers faster.
OUTSTANDING = 200


def offer(broker: Broker, at: datetime) -> int:
    """Publish due day closes; return how many the broker accepted."""
    capacity = OUTSTANDING - day_closes.outstanding(at=at)
    offered = day_closes.offer(at=at, limit=max(0, capacity))
    for published, episode_id in enumerate(offered):
        if not broker.publish(close_days, queue=Urgency.BULK.queue, episode_id=str(episode_id)):
            day_closes.withdraw(offered[published:])
            return published
    return len(offered)

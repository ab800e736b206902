"""Local days that shut: offered to the workers, closed here when nobody reads their queue."""

from __future__ import annotations

from datetime import datetime

from backend.dispatcher.broker import Broker
from notifications.models import Urgency
from tracker.services.context import SYSTEM, Context
from tracker.services.evaluation import day_closes
from tracker.tasks import close_days

#: More offers than this waiting for the workers would help nobody.
OUTSTANDING = 200


def offer_or_close(broker: Broker | None, *, at: datetime, limit: int) -> int:
    """Return how many were offered, or else closed: `limit` at most of these."""
    if broker is None:
        return day_closes.run_due(Context(SYSTEM, at), limit=limit)
    room = OUTSTANDING - day_closes.outstanding(at=at)
    offered = day_closes.offer(at=at, limit=max(0, room))
    for taken, episode_id in enumerate(offered):
        if not broker.publish(close_days, queue=Urgency.BULK.queue, episode_id=str(episode_id)):
            day_closes.withdraw(offered[taken:])
            return taken
    return len(offered)

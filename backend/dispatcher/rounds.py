"""One round of the dispatcher: fire what is due, find a hand for each delivery."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from backend.dispatcher.broker import Broker
from backend.dispatcher.days import offer_or_close
from backend.dispatcher.hands import Hands, OwnHands
from backend.dispatcher.timers import BATCH, TIMERS, Timer, is_due
from notifications.models import Urgency
from notifications.services.dispatch import dispatch_hints, heartbeats
from notifications.tasks import deliver

logger = logging.getLogger(__name__)


@dataclass
class Dispatcher:
    hands: Mapping[Urgency, Hands]
    broker: Broker | None = None
    timers: Sequence[Timer] = TIMERS
    #: More offers than this waiting for the workers of one queue would help nobody.
    outstanding: int = 200
    _latest_at: dict[str, datetime] = field(default_factory=dict)

    def tick(self, at: datetime) -> int:
        """Do what is due at `at`, urgent work first; return how much that was."""
        fired = sum(self._fire(timer, at) for timer in (*self.timers, self._days))
        return fired + sum(self._hand_out(urgency, at) for urgency in Urgency)

    @property
    def _days(self) -> Timer:
        # A close reads a whole history: a few, then the ladders get their turn again.
        return Timer(name="day closes", run=self._close_days, limit=10)

    def _close_days(self, *, at: datetime, limit: int) -> int:
        return offer_or_close(self._consumed(Urgency.BULK, at), at=at, limit=limit)

    def _fire(self, timer: Timer, at: datetime) -> int:
        if not is_due(timer, self._latest_at.get(timer.name), at):
            return 0
        self._latest_at[timer.name] = at
        try:
            return timer.run(at=at, limit=timer.limit)
        except Exception:
            if not connection.is_usable():
                raise
            # One broken timer must not stop the others.
            logger.exception("timer failed: %s", timer.name)
            return 0

    def _hand_out(self, urgency: Urgency, at: datetime) -> int:
        broker = self._consumed(urgency, at)
        hands = self.hands[urgency]
        room = hands.room()
        if broker is not None:
            room = self.outstanding - dispatch_hints.outstanding(urgency=urgency, at=at)
        taken = dispatch_hints.issue(urgency=urgency, at=at, limit=max(0, min(room, BATCH)))
        left = [offer for offer in taken if not self._publish(broker, urgency, offer)]
        kept = left[: hands.room()]
        for offer in kept:
            hands.give(offer.delivery_id)
        dispatch_hints.withdraw(left[len(kept) :], at=at)
        return len(taken) - len(left) + len(kept)

    def _consumed(self, urgency: Urgency, at: datetime) -> Broker | None:
        """The broker, if work given to it now would find a worker."""
        if self.broker is None or not self.broker.is_open:
            return None
        if not heartbeats.is_consumed(queue=urgency.queue, at=at):
            return None
        return self.broker

    def _publish(
        self, broker: Broker | None, urgency: Urgency, offer: dispatch_hints.DispatchHint
    ) -> bool:
        # Urgent work that nobody claimed is not offered twice: we do it ourselves.
        is_overdue = urgency == Urgency.URGENT and offer.is_repeated
        if broker is None or is_overdue:
            return False
        return broker.publish(deliver, queue=urgency.queue, delivery_id=str(offer.delivery_id))


def tick(at: datetime) -> int:
    """One round with nobody's help: no broker, no worker, no threads.

    Returns how much was done: a caller that wants nothing left undone repeats it until
    that is 0.
    """
    return _alone.tick(at)


_alone = Dispatcher(hands=dict.fromkeys(Urgency, OwnHands()))

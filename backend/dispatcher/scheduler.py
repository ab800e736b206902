"""One run of the dispatcher: jobs that are due, then the deliveries that are due."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from backend.dispatcher import timers
from backend.dispatcher.broker import Broker
from backend.dispatcher.executors import Executor, InlineExecutor
from backend.dispatcher.timers import BATCH, Job, Timer, is_due
from notifications.models import Urgency
from notifications.services.dispatch import dispatch_hints, heartbeats
from notifications.services.dispatch.dispatch_hints import DispatchHint
from notifications.tasks import deliver

logger = logging.getLogger(__name__)


@dataclass
class Scheduler:
    executors: Mapping[Urgency, Executor]
    broker: Broker | None = None
    #: In their order; None = all that are declared.
    jobs: Sequence[Job] | None = None
    #: More hints than this in one queue would not make the workers faster.
    outstanding: int = 200
    _latest_at: dict[str, datetime] = field(default_factory=dict)

    def run_once(self, at: datetime) -> int:
        """Do what is due at `at`, urgent work first; return how much that was."""
        jobs = (*timers.JOBS, *timers.TIMERS) if self.jobs is None else self.jobs
        fired = sum(self._run(job, at) for job in jobs)
        return fired + sum(self._dispatch(urgency, at) for urgency in Urgency)

    def _run(self, job: Job, at: datetime) -> int:
        if not is_due(job, self._latest_at.get(job.name), at):
            return 0
        self._latest_at[job.name] = at
        try:
            offer = job.offer if isinstance(job, Timer) else None
            if offer and (broker := self._consumed_broker(Urgency.BULK, at)):
                return offer(broker, at)
            return job.run(at=at, limit=job.limit)
        except Exception:
            if not connection.is_usable():
                raise
            # One broken job must not stop the others.
            logger.exception("timer failed: %s", job.name)
            return 0

    def _dispatch(self, urgency: Urgency, at: datetime) -> int:
        broker = self._consumed_broker(urgency, at)
        executor = self.executors[urgency]
        capacity = executor.capacity()
        if broker is not None:
            capacity = self.outstanding - dispatch_hints.outstanding(urgency=urgency, at=at)
        hints = dispatch_hints.issue(urgency=urgency, at=at, limit=max(0, min(capacity, BATCH)))
        left = [hint for hint in hints if not self._publish(broker, urgency, hint)]
        kept = left[: executor.capacity()]
        for hint in kept:
            executor.submit(hint.delivery_id)
        dispatch_hints.withdraw(left[len(kept) :], at=at)
        return len(hints) - len(left) + len(kept)

    def _consumed_broker(self, urgency: Urgency, at: datetime) -> Broker | None:
        """Return the broker if a worker reads the queue of that urgency."""
        if self.broker is None or not self.broker.is_open:
            return None
        if not heartbeats.is_consumed(queue=urgency.queue, at=at):
            return None
        return self.broker

    def _publish(self, broker: Broker | None, urgency: Urgency, hint: DispatchHint) -> bool:
        # The dispatcher itself does urgent work that no worker claimed after the first hint.
        is_overdue = urgency == Urgency.URGENT and hint.is_repeated
        if broker is None or is_overdue:
            return False
        return broker.publish(deliver, queue=urgency.queue, delivery_id=str(hint.delivery_id))


def run_once(at: datetime) -> int:
    """Do what is due in this thread, without broker, workers or threads.

    Returns how much was done. Work may be left: repeat it until it returns 0.
    """
    return _inline.run_once(at)


_inline = Scheduler(executors=dict.fromkeys(Urgency, InlineExecutor()))

"""How the dispatcher itself attempts the deliveries that no worker takes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol
from uuid import UUID

from django.db import close_old_connections

import clock
from backend.dispatcher.timers import BATCH
from notifications.services.deliveries.sending import deliver

logger = logging.getLogger(__name__)


class Executor(Protocol):
    def capacity(self) -> int:
        """Return how many more deliveries may be submitted now."""

    def submit(self, delivery_id: UUID) -> None:
        """Attempt the delivery, now or soon."""


class InlineExecutor:
    """Attempts each delivery at once, in the caller's thread."""

    def capacity(self) -> int:
        return BATCH

    def submit(self, delivery_id: UUID) -> None:
        _attempt(delivery_id)


class ThreadExecutor:
    """Attempts deliveries in threads, so that a slow provider does not delay the timers."""

    THREADS = 4
    CAPACITY = 5 * THREADS

    def __init__(self, *, when_free: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(self.THREADS, thread_name_prefix="delivery")
        self._submitted: set[Future[None]] = set()
        self._when_free = when_free

    def capacity(self) -> int:
        return self.CAPACITY - len(self._submitted)

    def submit(self, delivery_id: UUID) -> None:
        future = self._pool.submit(_attempt, delivery_id)
        self._submitted.add(future)
        future.add_done_callback(self._done)

    def stop(self) -> None:
        """Finish the attempts that have begun; the others stay due in the database."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, future: Future[None]) -> None:
        self._submitted.discard(future)
        # Early enough that no thread waits, and seldom enough that the timers get their turn.
        if len(self._submitted) in {self.CAPACITY // 2, 0}:
            self._when_free()


def _attempt(delivery_id: UUID) -> None:
    close_old_connections()
    try:
        deliver(delivery_id=delivery_id, at=clock.now())
    except Exception:
        # Its lease expires, and it is attempted again.
        logger.exception("delivery not finished", extra={"delivery_id": delivery_id})
    finally:
        close_old_connections()

"""The dispatcher's own hands, for what no worker does."""

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


class Hands(Protocol):
    def room(self) -> int:
        """How many more deliveries may be given now."""

    def give(self, delivery_id: UUID) -> None:
        """Have the delivery tried."""


class OwnHands:
    """Does it at once, in the caller's thread."""

    def room(self) -> int:
        return BATCH

    def give(self, delivery_id: UUID) -> None:
        _try(delivery_id)


class ThreadHands:
    """Does it beside the timers, so that a provider that hangs holds up no ladder."""

    THREADS = 4
    ROOM = 5 * THREADS

    def __init__(self, *, when_free: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(self.THREADS, thread_name_prefix="delivery")
        self._given: set[Future[None]] = set()
        self._when_free = when_free

    def room(self) -> int:
        return self.ROOM - len(self._given)

    def give(self, delivery_id: UUID) -> None:
        future = self._pool.submit(_try, delivery_id)
        self._given.add(future)
        future.add_done_callback(self._done)

    def stop(self) -> None:
        """Finish what was begun; the rest stays due in the database."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, future: Future[None]) -> None:
        self._given.discard(future)
        # Early enough that no thread waits, seldom enough that the timers get their turn.
        if len(self._given) in {self.ROOM // 2, 0}:
            self._when_free()


def _try(delivery_id: UUID) -> None:
    close_old_connections()
    try:
        deliver(delivery_id=delivery_id, at=clock.now())
    except Exception:
        # The lease ends by itself and the delivery comes again.
        logger.exception("delivery not finished", extra={"delivery_id": delivery_id})
    finally:
        close_old_connections()

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connection

import clock
from backend.auditor import heartbeat, rounds

logger = logging.getLogger(__name__)


class Beside:
    """Does one thing in a thread and on a connection of its own: ladders do not wait for it.

    While it is still at it, the next turn is left out. A stop of the process cuts it off.
    """

    def __init__(self, name: str, work: Callable[[datetime], object]) -> None:
        self._name = name
        self._work = work
        self._thread: threading.Thread | None = None

    def begin(self, *, at: datetime, limit: int) -> int:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(
                target=self._run, args=(at,), name=self._name, daemon=True
            )
            self._thread.start()
        return 0

    def _run(self, at: datetime) -> None:
        try:
            self._work(at)
        except Exception:
            logger.exception("failed beside the timers: %s", self._name)
        finally:
            connection.close()


def audit(at: datetime) -> None:
    """As of the tick that has just heard the timers; then tell outside how things are now."""
    if rounds.run(at=at):
        heartbeat.beat(at=clock.now())

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connection

logger = logging.getLogger(__name__)


class BackgroundJob:
    """Runs a job in a thread with its own connection, so that escalations do not wait for it.

    A start is ignored while the job still runs. When the process stops, the job is cut off.
    """

    def __init__(self, name: str, work: Callable[[datetime], object]) -> None:
        self._name = name
        self._work = work
        self._thread: threading.Thread | None = None

    def start(self, *, at: datetime, limit: int) -> int:
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
            logger.exception("background job failed: %s", self._name)
        finally:
            connection.close()

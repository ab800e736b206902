from __future__ import annotations

import logging
import time
from typing import Any

from celery import Task

logger = logging.getLogger(__name__)

#: After a failure, how long nothing is published: work goes on without the broker.
CLOSED_SECONDS = 5


class Broker:
    """Publishing that is allowed to fail, but never to wait."""

    def __init__(self) -> None:
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() >= self._closed_until

    def publish(self, task: Task[..., Any], *, queue: str, **arguments: str) -> bool:
        """Try once; False if the message did not reach the broker."""
        if not self.is_open:
            return False
        try:
            task.apply_async(kwargs=arguments, queue=queue, retry=False)
        except Exception as error:  # noqa: BLE001 - each transport has its own errors
            # The type only: a message of the transport could quote the broker's URL.
            logger.warning("The broker is gone: %s", type(error).__name__)
            self._closed_until = time.monotonic() + CLOSED_SECONDS
            return False
        return True

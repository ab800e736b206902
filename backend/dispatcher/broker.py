from __future__ import annotations

import logging
import time
from typing import Any

from celery import Celery, Task
from kombu import Connection
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

#: After a failure nothing is published for this long; the dispatcher does the work itself.
CLOSED_SECONDS = 5
#: A broker that takes longer counts as unreachable: escalations are waiting.
ANSWER_SECONDS = 1


class Broker:
    """Publishes without waiting: it may fail, but not block."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection = _fail_fast(app)
        # Each transport has its own.
        self._errors: tuple[type[BaseException], ...] = (
            OperationalError,
            OSError,
            *self._connection.connection_errors,
            *self._connection.channel_errors,
        )
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() >= self._closed_until

    def publish(self, task: Task[..., Any], *, queue: str, **arguments: str) -> bool:
        """Try once; False if the message did not reach the broker."""
        if not self.is_open:
            return False
        try:
            task.apply_async(  # type: ignore[call-arg]  # the stubs lack `connection`
                kwargs=arguments,
                queue=queue,
                connection=self._connection,
                retry=False,
            )
        except self._errors as error:
            # The type only: a message of the transport could quote the broker's URL.
            logger.warning("the broker is gone", extra={"outcome": type(error).__name__})
            self._closed_until = time.monotonic() + CLOSED_SECONDS
            self._connection.collect(ANSWER_SECONDS)
            self._connection = _fail_fast(self._app)
            return False
        return True


def _fail_fast(app: Celery) -> Connection:
    connection = app.connection_for_write()
    connection.transport_options = {
        **(connection.transport_options or {}),
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": ANSWER_SECONDS,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    return connection

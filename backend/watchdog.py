"""End a worker that runs but takes no more tasks, so that its supervisor restarts it.

It has happened after a broker came back (celery issues 8030 and 10205): the process is there,
connected, and takes nothing from its queues. A supervisor that looks at processes sees no fault.

A thread in the worker's main process sends pulses through a queue that only this worker
reads. If the broker takes them and none is executed, nor any other task, the worker ends.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from multiprocessing import RawValue
from typing import Any

import billiard
from celery import Celery, shared_task
from celery.signals import celeryd_after_setup, task_postrun, worker_ready
from django.conf import settings
from kombu import Exchange, Queue

logger = logging.getLogger(__name__)

#: This many unanswered pulses in a row end the worker. At 15 s each, longer than any task.
MISSES = 6
#: How long tasks that have begun may take before the process is killed.
GRACE_SECONDS = 20.0


@shared_task(name="backend.pulse")
def pulse(**_: object) -> None:
    """Do nothing: that it is executed shows that the worker works."""


class Watchdog:
    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue = ""
        self._published = False
        self._misses = 0
        self._seen = 0.0
        # These signals are sent in workers only.
        celeryd_after_setup.connect(self._prepare, weak=False)
        worker_ready.connect(self._start, weak=False)

    def look(self) -> bool:
        """Publish a pulse and check the last one; return True if the worker must end.

        Counted in looks and not in seconds: a machine that was asleep has missed none.
        """
        worked, self._seen = self._seen != self._worked.value, self._worked.value
        # Without a broker a worker has nothing to do.
        self._misses = 0 if worked or not self._published else self._misses + 1
        self._published = self._broker.publish(pulse, queue=self._queue)
        return self._misses >= MISSES

    def _prepare(self, *, sender: str, **_: Any) -> None:
        # Shared with the child processes, which execute the tasks.
        self._worked = RawValue("d", 0.0)
        task_postrun.connect(self._note, weak=False)
        self._queue = f"pulse.{sender}.{os.getpid()}"
        exchange = Exchange("pulse", auto_delete=True)
        own = Queue(self._queue, exchange, routing_key=self._queue, auto_delete=True)
        self._app.amqp.queues.select_add(own)

    def _start(self, **_: Any) -> None:
        # Imported when the worker is ready: it reads the settings and the models.
        from backend.dispatcher.broker import Broker

        self._broker = Broker(self._app)
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def _note(self, **_: Any) -> None:
        """Record, in a child process, that a task was executed."""
        self._worked.value = time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(settings.WORKER_PULSE_SECONDS)
            if self.look():
                _end()


def _end() -> None:
    """Stop the worker, gracefully if it still can. Its tasks are delivered again."""
    logger.critical("worker_stuck")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    for child in billiard.active_children():
        if child.pid:
            os.kill(child.pid, signal.SIGKILL)
    os._exit(1)

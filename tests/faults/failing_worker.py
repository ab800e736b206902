"""A Celery worker that stops taking tasks once a file appears.

"not consuming": the process, its connection and its event loop go on, as in celery issues
8030 and 10205. "blocked": its event loop is blocked too, so it handles no signal.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from celery.signals import worker_ready

from backend import watchdog
from backend.celery import app

__all__ = ["app"]

watchdog.GRACE_SECONDS = 2


@worker_ready.connect
def fail_on_demand(sender, **_):
    threading.Thread(target=_fail, args=(sender,), daemon=True).start()


def _fail(consumer) -> None:
    file = Path(os.environ["FAILURE_FILE"])
    while not file.exists():
        time.sleep(0.05)
    if file.read_text() == "not consuming":
        consumer.task_consumer.cancel()
    else:
        consumer.hub.call_soon(time.sleep, 600)

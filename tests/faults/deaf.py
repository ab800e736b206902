"""Our worker, which takes nothing more from its queues once a file has appeared.

"deaf": its process lives, its connection stands, its loop goes round, as celery issues 8030
and 10205 describe. "stuck": its loop does not go round either, so it hears no signal.
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
def wait_for_it(sender, **_):
    threading.Thread(target=_fall_ill, args=(sender,), daemon=True).start()


def _fall_ill(consumer) -> None:
    file = Path(os.environ["DEAF"])
    while not file.exists():
        time.sleep(0.05)
    if file.read_text() == "deaf":
        consumer.task_consumer.cancel()
    else:
        consumer.hub.call_soon(time.sleep, 600)

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from kombu import Exchange, Queue

from backend.watchdog import Watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

app = Celery("lumbar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Separate queues, so that a slow provider of routine mail does not delay urgent mail.
app.conf.task_queues = [
    # Each has its own exchange and key: by default all three would get every message.
    Queue(name, Exchange(name), routing_key=name)
    for name in ("urgent", "routine", "bulk")
]
Watchdog(app)


@worker_init.connect
def connect_without_pool(**_: Any) -> None:
    """Give each child one connection: it does one task at a time.

    A pool opened before the fork would share its sockets among all children.
    """
    from django.db import connections

    for alias in connections:
        connections[alias].settings_dict["OPTIONS"].pop("pool", None)

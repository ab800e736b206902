from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

app = Celery("lumbar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Apart, so that a stuck provider of routine mail does not hold an urgent one.
app.conf.task_queues = [Queue(name) for name in ("urgent", "routine", "bulk")]


@worker_process_init.connect
def forget_inherited_connections(**_: Any) -> None:
    """A pool's sockets and threads belong to the process that opened them.

    They are forgotten, not closed: closing would end the parent's session.
    """
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    DatabaseWrapper._connection_pools.clear()
    for alias in connections:
        if hasattr(connections._connections, alias):
            delattr(connections._connections, alias)

from __future__ import annotations

from django.db import connection

#: The PostgreSQL channel on which the dispatcher listens for urgent work.
WAKE_CHANNEL = "lumbar_urgent"


def wake_dispatcher() -> None:
    """Tell the dispatcher, when the caller commits, that urgent work is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [WAKE_CHANNEL])

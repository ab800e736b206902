from __future__ import annotations

from django.db import connection

#: The PostgreSQL channel on which the dispatcher listens for urgent work.
WAKE_CHANNEL = "lumbar_urgent"


def wake_dispatcher() -> None:
    """Notify the dispatcher of urgent work when the caller's transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [WAKE_CHANNEL])

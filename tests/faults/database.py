"""Wait for conditions, and hold locks, on connections that no fault touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import psycopg
from django.db import connection

from tests.servers import database_url


def until(condition: Callable[[], object], what: str, *, seconds: float) -> float:
    """Wait for the condition; return how long that took, or fail naming `what`."""
    started = monotonic()
    while not condition():
        if monotonic() - started > seconds:
            raise AssertionError(f"not within {seconds} seconds: {what}")
        sleep(0.02)
    return monotonic() - started


def waits_for_a_lock(name: str) -> bool:
    """Return whether the process of this name waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = %s AND wait_event_type = 'Lock')",
            [name],
        )
        return cursor.fetchone()[0]


@contextmanager
def holding(statement: str, *parameters: object) -> Iterator[None]:
    """Hold the locks that the statement takes, until the end of the block."""
    with psycopg.connect(database_url()) as own:
        own.execute(statement, parameters)
        yield
        own.rollback()


def deadlocks() -> int:
    """Return how many deadlocks the database has ended. Each is a 503 or a repeated notice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]

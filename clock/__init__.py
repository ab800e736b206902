"""The one clock: a function of the database, so that all processes agree.

Views, tasks and commands read it once and pass it on as `at`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def now() -> datetime:
    """Return the present time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lumbar_now()")
        (at,) = cursor.fetchone()
    return at  # type: ignore[no-any-return]


def shift(by: timedelta) -> None:
    """Move the clock on by that much, for all processes of this database."""
    _refuse_in_production()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clock_shift (id, shift) VALUES (1, %s)"
            " ON CONFLICT (id) DO UPDATE SET shift = clock_shift.shift + excluded.shift",
            [by],  # type: ignore[list-item]  # psycopg knows intervals, the stubs do not
        )


def travel_to(at: datetime) -> None:
    """Set the clock to that time; it runs on from there."""
    _refuse_in_production()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clock_shift (id, shift) VALUES (1, %s - clock_timestamp())"
            " ON CONFLICT (id) DO UPDATE SET shift = excluded.shift",
            [at],
        )


def reset() -> None:
    """Set the clock to the real time."""
    _refuse_in_production()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clock_shift")


def _refuse_in_production() -> None:
    if not settings.CLOCK_MAY_SHIFT:
        raise ImproperlyConfigured("The clock shifts in the demo and in tests only.")

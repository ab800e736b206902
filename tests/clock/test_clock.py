from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction

import clock
from clock.models import ClockShift

pytestmark = pytest.mark.django_db

MOMENT = timedelta(seconds=5)


def test_tells_the_real_time_in_utc_unless_shifted():
    assert abs(clock.now() - datetime.now(UTC)) < MOMENT
    assert clock.now().utcoffset() == timedelta()


def test_goes_on_within_a_transaction():
    with transaction.atomic():
        assert clock.now() < clock.now()


def test_shifts_add_up():
    clock.shift(timedelta(days=1))
    clock.shift(timedelta(hours=2))

    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=1, hours=2)) < MOMENT


def test_travels_to_a_time_whatever_the_shift_was():
    clock.shift(timedelta(days=400))

    clock.travel_to(datetime(2026, 3, 8, 9, tzinfo=UTC))

    assert abs(clock.now() - datetime(2026, 3, 8, 9, tzinfo=UTC)) < MOMENT


def test_reset_returns_to_the_real_time():
    clock.shift(timedelta(days=-3))

    clock.reset()

    assert abs(clock.now() - datetime.now(UTC)) < MOMENT


@pytest.mark.parametrize(
    "move",
    [
        lambda: clock.shift(timedelta(days=1)),
        lambda: clock.travel_to(datetime(2030, 1, 1, tzinfo=UTC)),
        clock.reset,
    ],
    ids=["shift", "travel_to", "reset"],
)
def test_does_not_move_where_patients_wait_for_real_deadlines(settings, move):
    settings.CLOCK_MAY_SHIFT = False

    with pytest.raises(ImproperlyConfigured):
        move()

    assert not ClockShift.objects.exists()


def test_has_one_shift_at_most():
    with pytest.raises(IntegrityError, match="clock_shift_one_row"), transaction.atomic():
        ClockShift.objects.create(id=2, shift=timedelta(days=1))


def test_is_the_database_default_that_a_query_can_use():
    clock.shift(timedelta(days=10))

    with connection.cursor() as cursor:
        cursor.execute("SELECT lumbar_now() - clock_timestamp() > interval '9 days'")
        assert cursor.fetchone() == (True,)

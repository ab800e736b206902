from __future__ import annotations

import threading

import pytest

from backend.dispatcher.hands import ThreadHands
from notifications.models import Delivery


@pytest.fixture
def free():
    return threading.Event()


@pytest.fixture
def hands(free, transactional_db):
    hands = ThreadHands(when_free=free.set)
    yield hands
    hands.stop()


def test_hands_send_beside_the_caller_and_say_when_they_are_free(tell, smtp, hands, free):
    deliveries = [tell() for _ in range(3)]

    for delivery in deliveries:
        hands.give(delivery.pk)

    assert free.wait(timeout=20)
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == 3


def test_a_provider_that_hangs_takes_up_room_and_no_more(tell, smtp, hands):
    may_land, in_the_air = threading.Event(), threading.Event()

    def hang(mail):
        in_the_air.set()
        may_land.wait(timeout=8)

    smtp.while_data = hang
    room = hands.room()
    hands.give(tell().pk)

    assert in_the_air.wait(timeout=10)
    assert hands.room() == room - 1
    may_land.set()


def test_stopping_finishes_what_was_begun_and_leaves_the_rest_in_the_database(tell, smtp, hands):
    in_the_air = threading.Semaphore(0)
    may_land = threading.Event()

    def hang(mail):
        in_the_air.release()
        may_land.wait(timeout=8)

    smtp.while_data = hang
    for _ in range(2 * hands.THREADS):
        hands.give(tell().pk)
    for _ in range(hands.THREADS):
        assert in_the_air.acquire(timeout=10)
    threading.Timer(0.2, may_land.set).start()
    hands.stop()

    counts = [Delivery.objects.filter(state=state).count() for state in ("sent", "pending")]
    assert counts == [hands.THREADS, hands.THREADS]

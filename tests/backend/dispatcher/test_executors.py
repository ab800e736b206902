from __future__ import annotations

import threading

import pytest

from backend.dispatcher.executors import ThreadExecutor
from notifications.models import Delivery


@pytest.fixture
def free():
    return threading.Event()


@pytest.fixture
def executor(free, transactional_db):
    executor = ThreadExecutor(when_free=free.set)
    yield executor
    executor.stop()


def test_deliveries_are_sent_in_threads_and_free_capacity_is_reported(
    enqueue, smtp, executor, free
):
    deliveries = [enqueue() for _ in range(3)]

    for delivery in deliveries:
        executor.submit(delivery.pk)

    assert free.wait(timeout=20)
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == 3


def test_a_hanging_provider_only_reduces_the_capacity(enqueue, smtp, executor):
    may_land, in_the_air = threading.Event(), threading.Event()

    def hang(mail):
        in_the_air.set()
        may_land.wait(timeout=8)

    smtp.while_data = hang
    capacity = executor.capacity()
    executor.submit(enqueue().pk)

    assert in_the_air.wait(timeout=10)
    assert executor.capacity() == capacity - 1
    may_land.set()


def test_stopping_finishes_begun_attempts_and_leaves_the_others_due(enqueue, smtp, executor):
    in_the_air = threading.Semaphore(0)
    may_land = threading.Event()

    def hang(mail):
        in_the_air.release()
        may_land.wait(timeout=8)

    smtp.while_data = hang
    for _ in range(2 * executor.THREADS):
        executor.submit(enqueue().pk)
    for _ in range(executor.THREADS):
        assert in_the_air.acquire(timeout=10)
    threading.Timer(0.2, may_land.set).start()
    executor.stop()

    counts = [Delivery.objects.filter(state=state).count() for state in ("sent", "pending")]
    assert counts == [executor.THREADS, executor.THREADS]

from __future__ import annotations

import pytest
from celery import Celery

from backend.watchdog import MISSES, Watchdog


class FakeBroker:
    """Accepts pulses while it is up, for a worker that may not consume them."""

    def __init__(self, watchdog: Watchdog) -> None:
        self.is_there = True
        self.is_heard = True
        self._watchdog = watchdog

    def publish(self, task, *, queue):
        if self.is_there and self.is_heard:
            self._watchdog._note()
        return self.is_there


@pytest.fixture
def watchdog():
    watchdog = Watchdog(Celery(set_as_current=False))
    watchdog._prepare(sender="worker@test")
    watchdog._broker = FakeBroker(watchdog)
    return watchdog


def looks(watchdog: Watchdog, times: int) -> list[bool]:
    return [watchdog.look() for _ in range(times)]


def test_a_worker_that_executes_each_pulse_goes_on(watchdog):
    assert not any(looks(watchdog, 3 * MISSES))


def test_a_worker_that_executes_no_pulse_must_end(watchdog):
    looks(watchdog, 3)
    watchdog._broker.is_heard = False

    # The first of these finds the answer to the pulse before.
    assert looks(watchdog, MISSES + 1) == [False] * MISSES + [True]


def test_any_executed_task_counts_as_a_pulse(watchdog):
    watchdog._broker.is_heard = False
    for _ in range(3 * MISSES):
        watchdog._note()
        assert not watchdog.look()


def test_without_a_broker_no_pulse_is_expected(watchdog):
    watchdog._broker.is_there = False
    assert not any(looks(watchdog, 3 * MISSES))


def test_after_the_broker_returns_the_count_starts_again(watchdog):
    watchdog._broker.is_heard = False
    looks(watchdog, MISSES)
    watchdog._broker.is_there = False
    looks(watchdog, 2)
    watchdog._broker.is_there = True

    assert looks(watchdog, MISSES + 1) == [False] * MISSES + [True]

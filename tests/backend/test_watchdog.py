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


def test_a_worker_that_answers_each_pulse_goes_on(watchdog):
    assert not any(looks(watchdog, 3 * MISSES))


def test_a_worker_that_answers_none_is_to_end(watchdog):
    looks(watchdog, 3)
    watchdog._broker.is_heard = False

    # The first of these finds the answer to the pulse before.
    assert looks(watchdog, MISSES + 1) == [False] * MISSES + [True]


def test_any_work_done_counts_as_an_answer(watchdog):
    watchdog._broker.is_heard = False
    for _ in range(3 * MISSES):
        watchdog._note()
        assert not watchdog.look()


def test_without_a_broker_nothing_is_expected_of_it(watchdog):
    watchdog._broker.is_there = False
    assert not any(looks(watchdog, 3 * MISSES))


def test_after_the_brokers_return_it_has_its_time_anew(watchdog):
    watchdog._broker.is_heard = False
    looks(watchdog, MISSES)
    watchdog._broker.is_there = False
    looks(watchdog, 2)
    watchdog._broker.is_there = True

    assert looks(watchdog, MISSES + 1) == [False] * MISSES + [True]

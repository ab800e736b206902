"""Servers fail and return, processes freeze: nobody is missed and nobody notified twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from statistics import median
from time import monotonic

import pytest
from django.db import connection

import clock
from notifications.models import Attempt, Delivery, WorkerHeartbeat
from notifications.services.deliveries.claims import LEASE
from tests.faults.database import until

pytestmark = [pytest.mark.fault, pytest.mark.promise("I3", "I6")]

LATEST_SECONDS = 60


def beats_since(at):
    role = WorkerHeartbeat.Role.WORKER
    return WorkerHeartbeat.objects.filter(role=role, beat_at__gt=at).count()


def test_without_broker_the_dispatcher_sends(system, enqueue, tmp_path):
    system.environment["BROKER_URL"] = f"redis+socket://{tmp_path}/none.sock"
    system.dispatcher()

    deliveries = [enqueue() for _ in range(50)]
    late = system.until_sent(*deliveries, seconds=15)

    assert sorted(system.mails_of(delivery) for delivery in deliveries) == [1] * 50
    system.note(f"no broker throughout: 50 notices after {late:.1f} s, lost 0, doubled 0")


def test_a_broker_that_stops_delays_nothing_and_is_used_again_when_back(
    system, enqueue, broker_to_stop
):
    system.environment |= {"WORKER_PULSE_SECONDS": "2"}
    system.dispatcher()
    worker = system.worker()

    def is_at_work() -> bool:
        if not worker.is_running:  # it ended as stuck, and its supervisor restarts it
            worker.start()
        return beats_since(returned) == 3

    broker_to_stop.stop()
    deliveries = [enqueue() for _ in range(20)]
    late = system.until_sent(*deliveries, seconds=15)
    broker_to_stop.start()
    returned = clock.now()
    back = until(is_at_work, "work through all queues", seconds=60)
    following = enqueue()
    system.until_sent(following, seconds=15)

    assert sorted(system.mails_of(delivery) for delivery in deliveries) == [1] * 20
    system.note(
        f"broker stopped: 20 notices after {late:.1f} s, lost 0, doubled 0;"
        f" workers at work {back:.1f} s after its return"
    )


def test_two_dispatchers_and_a_worker_send_everything_once(system, enqueue):
    system.dispatcher("dispatcher one")
    system.dispatcher("dispatcher two")
    system.worker()

    started = monotonic()
    deliveries = [enqueue() for _ in range(150)]
    system.until_sent(*deliveries, seconds=LATEST_SECONDS)
    seconds = monotonic() - started

    assert sorted(system.mails_of(delivery) for delivery in deliveries) == [1] * 150
    assert Attempt.objects.count() == 150
    system.note(f"two dispatchers, one worker: 150 notices in {seconds:.1f} s, lost 0, doubled 0")


def test_all_processes_recover_from_a_crash_of_postgresql(system, enqueue, cluster):
    dispatcher, worker = system.dispatcher(), system.worker()
    deliveries = [enqueue() for _ in range(100)]

    until(lambda: len(system.smtp.mails) > 10, "the first mails", seconds=30)
    connection.close()
    connection.close_pool()
    cluster.postgres.restart(mode="immediate")
    crashed = monotonic()
    late = system.until_sent(*deliveries, seconds=LATEST_SECONDS)
    following = enqueue()
    system.until_sent(following, seconds=LATEST_SECONDS)

    mails = [system.mails_of(delivery) for delivery in deliveries]
    doubled = sum(count - 1 for count in mails)
    assert dispatcher.is_running
    assert worker.is_running
    assert min(mails) == 1
    assert max(mails) <= 2  # what was being sent at the crash
    assert doubled <= 6  # two worker processes and four threads
    system.note(
        f"PostgreSQL crashed and restarted: 100 notices {late:.1f} s after it was back"
        f" ({monotonic() - crashed:.1f} s with one more), lost 0, doubled {doubled}"
    )


def test_a_worker_that_resumes_after_its_lease_changes_nothing(system, enqueue):
    system.dispatcher()
    worker = system.worker()

    with system.smtp.hanging():
        delivery = enqueue()
        until(system.smtp.greeted.is_set, "a call to the mail server", seconds=10)
        worker.pause()
    first = Attempt.objects.get(delivery=delivery)
    late = system.until_sent(delivery, seconds=LATEST_SECONDS)
    sent = Delivery.objects.get(pk=delivery.pk)
    worker.resume()
    until(lambda: Attempt.objects.get(pk=first.pk).ended_at, "the late result", seconds=30)

    unchanged = Delivery.objects.get(pk=delivery.pk)
    assert late >= LEASE.total_seconds() - 5
    assert (unchanged.claim_no, unchanged.ended_at) == (sent.claim_no, sent.ended_at)
    assert unchanged.claim_no > first.claim_no
    assert system.mails_of(delivery) <= 2
    system.note(
        f"a worker frozen in a call: sent by another after {late:.1f} s,"
        f" extra mails {system.mails_of(delivery) - 1}, late result fenced off"
    )


def test_a_dispatcher_that_is_stopped_finishes_its_attempts(system, enqueue):
    dispatcher = system.dispatcher()
    is_sending, may_finish = threading.Event(), threading.Event()

    def wait(mail):
        is_sending.set()
        may_finish.wait(timeout=8)

    system.smtp.while_data = wait
    delivery = enqueue()
    assert is_sending.wait(timeout=10)
    stopping = threading.Thread(target=dispatcher.stop)
    stopping.start()
    may_finish.set()
    stopping.join(timeout=15)

    assert not dispatcher.is_running
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    assert system.mails_of(delivery) == 1


def test_an_idle_dispatcher_sends_an_urgent_notice_at_once(system, enqueue):
    """NOTIFY wakes it before its next poll."""
    system.dispatcher()

    late = [system.until_sent(enqueue(at=clock.now()), seconds=10) for _ in range(10)]

    assert max(late) < 5
    system.note(
        f"no fault: 10 notices, sent after {median(late) * 1000:.0f} ms (median),"
        f" {max(late) * 1000:.0f} ms (longest)"
    )


def test_a_routine_notice_is_not_late_by_more_than_the_poll(system, enqueue):
    system.dispatcher()

    due = clock.now() + timedelta(seconds=1)
    delivery = enqueue(urgency=2, at=due)
    late = system.until_sent(delivery, seconds=15)

    system.note(f"no fault: a routine notice due in 1 s was sent after {late:.1f} s")

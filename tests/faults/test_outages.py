"""Servers go and come back, processes freeze and double: nobody is missed, nobody told twice."""

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


def test_with_no_broker_at_all_the_dispatcher_does_the_work(stage, tell, tmp_path):
    stage.environment["BROKER_URL"] = f"redis+socket://{tmp_path}/none.sock"
    stage.dispatcher()

    deliveries = [tell() for _ in range(50)]
    late = stage.until_sent(*deliveries, seconds=15)

    assert sorted(stage.mails_of(delivery) for delivery in deliveries) == [1] * 50
    stage.note(f"no broker throughout: 50 notices after {late:.1f} s, lost 0, doubled 0")


def test_a_broker_that_stops_is_not_waited_for_and_serves_again_when_back(
    stage, tell, broker_to_stop
):
    stage.environment |= {"WORKER_PULSE_SECONDS": "2"}
    stage.dispatcher()
    worker = stage.worker()

    def is_at_work() -> bool:
        if not worker.is_running:  # it found itself stuck: its supervisor starts it anew
            worker.start()
        return beats_since(returned) == 3

    broker_to_stop.stop()
    deliveries = [tell() for _ in range(20)]
    late = stage.until_sent(*deliveries, seconds=15)
    broker_to_stop.start()
    returned = clock.now()
    back = until(is_at_work, "work through all queues", seconds=60)
    following = tell()
    stage.until_sent(following, seconds=15)

    assert sorted(stage.mails_of(delivery) for delivery in deliveries) == [1] * 20
    stage.note(
        f"broker stopped: 20 notices after {late:.1f} s, lost 0, doubled 0;"
        f" workers at work {back:.1f} s after its return"
    )


def test_two_dispatchers_and_a_worker_tell_everybody_once(stage, tell):
    stage.dispatcher("dispatcher one")
    stage.dispatcher("dispatcher two")
    stage.worker()

    started = monotonic()
    deliveries = [tell() for _ in range(150)]
    stage.until_sent(*deliveries, seconds=LATEST_SECONDS)
    seconds = monotonic() - started

    assert sorted(stage.mails_of(delivery) for delivery in deliveries) == [1] * 150
    assert Attempt.objects.count() == 150
    stage.note(f"two dispatchers, one worker: 150 notices in {seconds:.1f} s, lost 0, doubled 0")


def test_after_a_crash_of_postgresql_everything_goes_on_by_itself(stage, tell, cluster):
    dispatcher, worker = stage.dispatcher(), stage.worker()
    deliveries = [tell() for _ in range(100)]

    until(lambda: len(stage.smtp.mails) > 10, "the first mails", seconds=30)
    connection.close()
    connection.close_pool()
    cluster.postgres.restart(mode="immediate")
    crashed = monotonic()
    late = stage.until_sent(*deliveries, seconds=LATEST_SECONDS)
    following = tell()
    stage.until_sent(following, seconds=LATEST_SECONDS)

    mails = [stage.mails_of(delivery) for delivery in deliveries]
    doubled = sum(count - 1 for count in mails)
    assert dispatcher.is_running
    assert worker.is_running
    assert min(mails) == 1
    assert max(mails) <= 2  # what was in the air at the crash
    assert doubled <= 6  # two workers' and four threads' hands at most
    stage.note(
        f"PostgreSQL crashed and restarted: 100 notices {late:.1f} s after it was back"
        f" ({monotonic() - crashed:.1f} s with one more), lost 0, doubled {doubled}"
    )


def test_a_worker_that_wakes_after_its_lease_changes_nothing(stage, tell):
    stage.dispatcher()
    worker = stage.worker()

    with stage.smtp.hanging():
        delivery = tell()
        until(stage.smtp.greeted.is_set, "a call to the mail server", seconds=10)
        worker.pause()
    first = Attempt.objects.get(delivery=delivery)
    late = stage.until_sent(delivery, seconds=LATEST_SECONDS)
    sent = Delivery.objects.get(pk=delivery.pk)
    worker.resume()
    until(lambda: Attempt.objects.get(pk=first.pk).ended_at, "the late result", seconds=30)

    unchanged = Delivery.objects.get(pk=delivery.pk)
    assert late >= LEASE.total_seconds() - 5
    assert (unchanged.claim_no, unchanged.ended_at) == (sent.claim_no, sent.ended_at)
    assert unchanged.claim_no > first.claim_no
    assert stage.mails_of(delivery) <= 2
    stage.note(
        f"a worker frozen in a call: sent by another after {late:.1f} s,"
        f" extra mails {stage.mails_of(delivery) - 1}, late result fenced off"
    )


def test_a_dispatcher_asked_to_stop_finishes_what_it_began(stage, tell):
    dispatcher = stage.dispatcher()
    in_the_air, may_land = threading.Event(), threading.Event()

    def wait(mail):
        in_the_air.set()
        may_land.wait(timeout=8)

    stage.smtp.while_data = wait
    delivery = tell()
    assert in_the_air.wait(timeout=10)
    stopping = threading.Thread(target=dispatcher.stop)
    stopping.start()
    may_land.set()
    stopping.join(timeout=15)

    assert not dispatcher.is_running
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    assert stage.mails_of(delivery) == 1


def test_idle_the_dispatcher_sends_an_urgent_notice_within_moments(stage, tell):
    """Without faults, by NOTIFY: nobody waits for the poll."""
    stage.dispatcher()

    late = [stage.until_sent(tell(at=clock.now()), seconds=10) for _ in range(10)]

    assert max(late) < 5
    stage.note(
        f"no fault: 10 notices, sent after {median(late) * 1000:.0f} ms (median),"
        f" {max(late) * 1000:.0f} ms (longest)"
    )


def test_a_routine_notice_is_not_late_by_more_than_the_poll(stage, tell):
    stage.dispatcher()

    due = clock.now() + timedelta(seconds=1)
    delivery = tell(urgency=2, at=due)
    late = stage.until_sent(delivery, seconds=15)

    stage.note(f"no fault: a routine notice due in 1 s was sent after {late:.1f} s")

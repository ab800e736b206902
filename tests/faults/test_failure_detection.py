"""Failures are noticed: by the invariant check, by the service outside, by each worker itself."""

from __future__ import annotations

import threading
from time import sleep

import pytest
from django.db.models import F

import clock
from backend.invariants.periodic_check import EVERY
from backend.models import InvariantCheckRun
from notifications.models import Attempt, Delivery
from tests.faults.database import until
from tests.faults.processes import FAILING_WORKER
from tests.peers.http import running_http

pytestmark = [pytest.mark.fault, pytest.mark.promise("I3", "I6")]


def test_the_heartbeat_stops_when_an_invariant_is_violated(system, enqueue):
    with running_http() as outside:
        system.environment["HEARTBEAT_URL"] = f"{outside.origin}/ping"
        system.dispatcher()
        heard = until(lambda: outside.calls, "a heartbeat outside", seconds=15)
        system.until_sent(enqueue(), seconds=15)
        Attempt.objects.update(claim_no=F("claim_no") + 1)
        clock.shift(EVERY)
        broken = InvariantCheckRun.objects.exclude(broken={})
        found = until(broken.exists, "a check that finds it", seconds=15)
        Attempt.objects.update(claim_no=F("claim_no") - 1)

    assert broken.get().broken.keys() == {"every_attempt_has_its_claim"}
    assert len(outside.calls) == 1
    slowest = max(InvariantCheckRun.objects.values_list("milliseconds", flat=True))
    system.note(
        f"invariant check: heartbeat after {heard:.1f} s, a violation found {found:.1f} s after it"
        f" was due, a check took {slowest} ms at most"
    )


@pytest.mark.parametrize(("failure", "code"), [("not consuming", 0), ("blocked", 1)])
def test_a_worker_that_takes_no_more_tasks_ends(system, enqueue, tmp_path, failure, code):
    system.environment |= {"WORKER_PULSE_SECONDS": "0.5", "FAILURE_FILE": str(tmp_path / "failure")}
    system.logs = tmp_path
    system.dispatcher()
    worker = system.worker(FAILING_WORKER)

    sleep(5)  # idle for longer than it may be stuck
    assert worker.is_running
    written = tmp_path / "written"
    written.write_text(failure)
    written.rename(tmp_path / "failure")
    ended = until(lambda: not worker.is_running, "the end of the worker", seconds=30)
    following = enqueue()
    system.until_sent(following, seconds=30)

    assert worker.code == code
    assert "worker_stuck" in (tmp_path / "worker.log").read_text()
    assert system.mails_of(following) == 1
    system.note(f"a worker that was {failure} ended itself after {ended:.1f} s (pulses of 0.5 s)")


def test_a_worker_without_broker_does_not_end_as_stuck(system, broker_to_stop, tmp_path):
    system.environment |= {"WORKER_PULSE_SECONDS": "0.5"}
    system.logs = tmp_path
    system.dispatcher()
    system.worker()

    broker_to_stop.stop()
    sleep(6)

    # Celery itself may end when a broker goes, and is then restarted.
    assert "worker_stuck" not in (tmp_path / "worker.log").read_text()


def test_a_worker_that_is_stopped_finishes_its_task(system, enqueue):
    system.dispatcher()
    worker = system.worker()
    is_sending, may_finish = threading.Event(), threading.Event()

    def wait(mail):
        is_sending.set()
        may_finish.wait(timeout=8)

    system.smtp.while_data = wait
    delivery = enqueue()
    assert is_sending.wait(timeout=10)
    assert Delivery.objects.get(pk=delivery.pk).hinted_at
    threading.Timer(1, may_finish.set).start()
    worker.stop()

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    assert system.mails_of(delivery) == 1

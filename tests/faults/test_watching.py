"""Who watches over the processes: the auditor, the one outside, each worker over itself."""

from __future__ import annotations

import threading
from time import sleep

import pytest
from django.db.models import F

import clock
from backend.auditor.rounds import EVERY
from backend.models import AuditorRun
from notifications.models import Attempt, Delivery
from tests.faults.database import until
from tests.faults.processes import DEAF_WORKER
from tests.peers.http import running_http

pytestmark = [pytest.mark.fault, pytest.mark.promise("I3", "I6")]


def test_a_dispatcher_is_heard_outside_until_a_law_is_broken(stage, tell):
    with running_http() as outside:
        stage.environment["HEARTBEAT_URL"] = f"{outside.origin}/ping"
        stage.dispatcher()
        heard = until(lambda: outside.calls, "a heartbeat outside", seconds=15)
        stage.until_sent(tell(), seconds=15)
        Attempt.objects.update(claim_no=F("claim_no") + 1)
        clock.shift(EVERY)
        broken = AuditorRun.objects.exclude(broken={})
        found = until(broken.exists, "a round that finds it", seconds=15)
        Attempt.objects.update(claim_no=F("claim_no") - 1)

    assert broken.get().broken.keys() == {"every_attempt_had_its_claim"}
    assert len(outside.calls) == 1
    slowest = max(AuditorRun.objects.values_list("milliseconds", flat=True))
    stage.note(
        f"auditor: heard outside after {heard:.1f} s, a broken law found {found:.1f} s after its"
        f" round was due, a round took {slowest} ms at most"
    )


@pytest.mark.parametrize(("illness", "code"), [("deaf", 0), ("stuck", 1)])
def test_a_worker_that_lives_and_takes_no_more_work_ends_to_be_started_anew(
    stage, tell, tmp_path, illness, code
):
    stage.environment |= {"WORKER_PULSE_SECONDS": "0.5", "DEAF": str(tmp_path / "deaf")}
    stage.logs = tmp_path
    stage.dispatcher()
    worker = stage.worker(DEAF_WORKER)

    sleep(5)  # idle for longer than it may be ill
    assert worker.is_running
    written = tmp_path / "written"
    written.write_text(illness)
    written.rename(tmp_path / "deaf")
    ended = until(lambda: not worker.is_running, "the end of the worker", seconds=30)
    following = tell()
    stage.until_sent(following, seconds=30)

    assert worker.code == code
    assert "worker_stuck" in (tmp_path / "worker.log").read_text()
    assert stage.mails_of(following) == 1
    stage.note(f"a {illness} worker ended itself after {ended:.1f} s (pulses of 0.5 s)")


def test_a_worker_whose_broker_is_away_is_not_thought_stuck(stage, broker_to_stop, tmp_path):
    stage.environment |= {"WORKER_PULSE_SECONDS": "0.5"}
    stage.logs = tmp_path
    stage.dispatcher()
    stage.worker()

    broker_to_stop.stop()
    sleep(6)

    # That it runs is not asked: Celery may fall over a broker that goes while it works, and is
    # started anew.
    assert "worker_stuck" not in (tmp_path / "worker.log").read_text()


def test_a_worker_asked_to_stop_finishes_what_it_began(stage, tell):
    stage.dispatcher()
    worker = stage.worker()
    in_the_air, may_land = threading.Event(), threading.Event()

    def wait(mail):
        in_the_air.set()
        may_land.wait(timeout=8)

    stage.smtp.while_data = wait
    delivery = tell()
    assert in_the_air.wait(timeout=10)
    assert Delivery.objects.get(pk=delivery.pk).hinted_at
    threading.Timer(1, may_land.set).start()
    worker.stop()

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    assert stage.mails_of(delivery) == 1

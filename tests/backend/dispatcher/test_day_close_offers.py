from __future__ import annotations

import pytest

from backend.dispatcher.timers import TIMERS
from notifications.models import Urgency
from notifications.services.dispatch import heartbeats
from tests.backend.dispatcher.schedulers import FakeBroker, make
from tests.fixtures import make_care_team, make_clinic, make_patient
from tracker.models import Evaluation


@pytest.fixture
def worked(at):
    heartbeats.beat_worker(queue=Urgency.BULK.queue, at=at)


@pytest.fixture
def due(at):
    patient = make_patient(make_care_team(make_clinic()))
    patient.episodes.update(next_close_at=at)
    return patient.episodes.get()


@pytest.mark.usefixtures("worked")
def test_they_are_offered_to_the_workers_of_bulk(due, at):
    broker = FakeBroker()

    assert make(broker=broker, jobs=TIMERS).run_once(at) == 1
    assert make(broker=broker, jobs=TIMERS).run_once(at) == 0

    assert broker.published == [("bulk", str(due.pk))]
    assert not Evaluation.objects.exists()


def test_without_workers_they_are_run_here(due, at):
    broker = FakeBroker()

    assert make(broker=broker, jobs=TIMERS).run_once(at) == 1

    assert broker.published == []
    assert Evaluation.objects.filter(episode=due).exists()


@pytest.mark.usefixtures("worked")
def test_what_the_broker_did_not_accept_stays_due(due, at):
    assert make(broker=FakeBroker(fails=True), jobs=TIMERS).run_once(at) == 0

    assert make(jobs=TIMERS).run_once(at) == 1
    assert Evaluation.objects.filter(episode=due).exists()

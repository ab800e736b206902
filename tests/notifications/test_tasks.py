from __future__ import annotations

import uuid
from datetime import timedelta

from notifications.models import Delivery, Urgency
from notifications.services.dispatch import heartbeats
from notifications.tasks import beat, deliver


def test_a_worker_sends_the_delivery_it_is_given_by_id(enqueue, smtp):
    delivery = enqueue()

    deliver.apply(kwargs={"delivery_id": str(delivery.pk)}).get()

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_a_task_that_arrives_twice_sends_once(enqueue, smtp):
    delivery = enqueue()

    for _ in range(2):
        deliver.apply(kwargs={"delivery_id": str(delivery.pk)}).get()

    assert len(smtp.mails) == 1


def test_a_task_for_a_deleted_delivery_does_nothing(at):
    deliver.apply(kwargs={"delivery_id": str(uuid.uuid4())}).get()


def test_a_task_with_unknown_arguments_is_accepted(enqueue, smtp):
    deliver.apply(kwargs={"delivery_id": str(enqueue().pk), "since": "next release"}).get()

    assert len(smtp.mails) == 1


def test_a_heartbeat_shows_that_its_queue_is_consumed(at):
    beat.apply(kwargs={"read_from": "urgent"}).get()

    assert heartbeats.is_consumed(queue="urgent", at=at)
    assert not heartbeats.is_consumed(queue="bulk", at=at)
    assert not heartbeats.is_consumed(queue="urgent", at=at + timedelta(minutes=1))
    assert {urgency.queue for urgency in Urgency} == {"urgent", "routine", "bulk"}

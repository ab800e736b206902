from __future__ import annotations

import uuid
from datetime import timedelta

from notifications.models import Delivery, Urgency
from notifications.services.dispatch import heartbeats
from notifications.tasks import beat, deliver


def test_a_worker_sends_the_delivery_it_is_given_by_id(tell, smtp):
    delivery = tell()

    deliver.apply(kwargs={"delivery_id": str(delivery.pk)}).get()

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_a_message_that_comes_twice_sends_once(tell, smtp):
    delivery = tell()

    for _ in range(2):
        deliver.apply(kwargs={"delivery_id": str(delivery.pk)}).get()

    assert len(smtp.mails) == 1


def test_a_message_about_a_delivery_that_is_gone_is_harmless(at):
    deliver.apply(kwargs={"delivery_id": str(uuid.uuid4())}).get()


def test_a_message_of_a_newer_release_is_understood(tell, smtp):
    deliver.apply(kwargs={"delivery_id": str(tell().pk), "since": "next release"}).get()

    assert len(smtp.mails) == 1


def test_a_beat_shows_that_its_queue_is_read(at):
    beat.apply(kwargs={"read_from": "urgent"}).get()

    assert heartbeats.is_consumed(queue="urgent", at=at)
    assert not heartbeats.is_consumed(queue="bulk", at=at)
    assert not heartbeats.is_consumed(queue="urgent", at=at + timedelta(minutes=1))
    assert {urgency.queue for urgency in Urgency} == {"urgent", "routine", "bulk"}

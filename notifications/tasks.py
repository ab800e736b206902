"""Celery tasks. A task carries an id; it may be lost, late or repeated."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

import clock
from notifications.services.deliveries import sending
from notifications.services.dispatch import heartbeats


@shared_task(name="notifications.deliver")
def deliver(*, delivery_id: str, **_: object) -> None:
    sending.deliver(delivery_id=UUID(delivery_id), at=clock.now())


@shared_task(name="notifications.beat")
def beat(*, read_from: str, **_: object) -> None:
    heartbeats.beat_worker(queue=read_from, at=clock.now())

"""Celery tasks. A task carries an id; it may be lost, late or repeated."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

import clock
from tracker.services.context import SYSTEM, Context
from tracker.services.evaluation import day_closes


@shared_task(name="tracker.close_days")
def close_days(*, episode_id: str, **_: object) -> None:
    day_closes.attempt(Context(SYSTEM, clock.now()), episode_id=UUID(episode_id))

"""Celery doors. A message holds an id and may be lost, late or doubled."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

import clock
from tracker.services.evaluation import day_closes


@shared_task(name="tracker.close_days")
def close_days(*, episode_id: str, **_: object) -> None:
    day_closes.attempt(episode_id=UUID(episode_id), at=clock.now())

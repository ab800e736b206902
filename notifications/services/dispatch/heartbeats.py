from __future__ import annotations

from datetime import datetime, timedelta

from notifications.models import WorkerHeartbeat

FRESH = timedelta(seconds=30)


def beat_worker(*, queue: str, at: datetime) -> None:
    """Record that a task came through the queue, so broker and worker are alive."""
    _beat(f"queue {queue}", WorkerHeartbeat.Role.WORKER, queue, at)


def beat_dispatcher(*, name: str, at: datetime) -> None:
    _beat(f"dispatcher {name}", WorkerHeartbeat.Role.DISPATCHER, "", at)


def is_consumed(*, queue: str, at: datetime) -> bool:
    """Whether a worker took a task from the queue in the last 30 seconds."""
    return WorkerHeartbeat.objects.filter(
        role=WorkerHeartbeat.Role.WORKER, queue=queue, beat_at__gt=at - FRESH
    ).exists()


def is_dispatching(*, at: datetime) -> bool:
    """Whether a dispatcher's loop ran in the last 30 seconds."""
    return WorkerHeartbeat.objects.filter(
        role=WorkerHeartbeat.Role.DISPATCHER, beat_at__gt=at - FRESH
    ).exists()


def _beat(name: str, role: WorkerHeartbeat.Role, queue: str, at: datetime) -> None:
    WorkerHeartbeat.objects.update_or_create(
        name=name, defaults={"role": role, "queue": queue, "beat_at": at}
    )

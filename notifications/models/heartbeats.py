from __future__ import annotations

from django.db import models


class WorkerHeartbeat(models.Model):
    """The last heartbeat of a queue's workers or of a dispatcher."""

    class Role(models.TextChoices):
        WORKER = "worker"
        DISPATCHER = "dispatcher"

    name = models.CharField(max_length=128, primary_key=True)
    role = models.CharField(max_length=16, choices=Role)
    # Written by a task from this queue, so it proves that broker and worker are alive.
    queue = models.CharField(max_length=16, blank=True, default="")
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

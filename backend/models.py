from __future__ import annotations

from django.db import models


class AuditorRun(models.Model):
    """What the auditor found in one of its rounds. Ids and counts only."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    #: of each law that was broken: {"count": 3, "ids": [...]}
    broken = models.JSONField(default=dict)
    #: the laws for which there was no time, or whose query failed
    unchecked = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]
        indexes = [
            # Serves whoever asks how the newest round went.
            models.Index(name="auditor_run_newest", fields=["-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at} {'clean' if self.is_clean else 'not clean'}"

    @property
    def is_clean(self) -> bool:
        return not self.broken and not self.unchecked

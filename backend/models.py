from __future__ import annotations

from django.db import models


class InvariantCheckRun(models.Model):
    """The result of one periodic check of the invariants. Ids and counts only."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    #: by name, of each violated invariant: {"count": 3, "ids": [...]}
    broken = models.JSONField(default=dict)
    #: invariants for which there was no time, or whose query failed
    unchecked = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]
        indexes = [
            # Finds the newest run.
            models.Index(name="invariant_check_run_newest", fields=["-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at} {'clean' if self.is_clean else 'not clean'}"

    @property
    def is_clean(self) -> bool:
        return not self.broken and not self.unchecked

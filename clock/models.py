from __future__ import annotations

from django.db import models


class ClockShift(models.Model):
    """How far the clock is ahead of the real time; no row means that it is not."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    shift = models.DurationField()

    class Meta:
        db_table = "clock_shift"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clock_shift_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.shift)

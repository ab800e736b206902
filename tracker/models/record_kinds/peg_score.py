"""The weekly PEG score."""

from __future__ import annotations

from django.db import models

from tracker.models.record_kinds.base import LoggedRecord, RecordKind, scale
from tracker.rules.history import records as forms


class PegScore(LoggedRecord):
    """Pain, Enjoyment, General activity over the past week; all three or none."""

    pain = models.PositiveSmallIntegerField()
    enjoyment = models.PositiveSmallIntegerField()
    activity = models.PositiveSmallIntegerField()

    class Meta(LoggedRecord.Meta):
        ordering = ["local_date"]
        constraints = [
            *LoggedRecord.Meta.constraints,
            scale("pain", 10),
            scale("enjoyment", 10),
            scale("activity", 10),
        ]


PEG_SCORE = RecordKind(
    label="PEG score",
    form=forms.PegScore,
    model=PegScore,
    resource="peg-scores",
)

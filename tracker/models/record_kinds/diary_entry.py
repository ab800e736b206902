"""The diary entry: one local day in the patient's words."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.record_kinds.base import DIARY_REMINDER, LoggedRecord, RecordKind, scale
from tracker.rules.history import records as forms


class DiaryEntry(LoggedRecord):
    """One patient, one local day."""

    pain_average = models.PositiveSmallIntegerField(null=True)
    pain_worst = models.PositiveSmallIntegerField(null=True)
    standing = models.PositiveSmallIntegerField(null=True)
    walking = models.PositiveSmallIntegerField(null=True)
    sleep = models.PositiveSmallIntegerField(null=True)
    activity = models.PositiveSmallIntegerField(null=True)

    class Meta(LoggedRecord.Meta):
        ordering = ["local_date"]
        constraints = [
            *LoggedRecord.Meta.constraints,
            # The chart and the rules know one entry a day.
            models.UniqueConstraint(
                fields=["patient", "local_date"],
                condition=Q(retracted_at=None),
                name="diary_entry_one_per_day",
            ),
            scale("pain_average", 10),
            scale("pain_worst", 10),
            scale("standing", 5),
            scale("walking", 5),
            scale("sleep", 4),
            scale("activity", 4),
        ]


DIARY_ENTRY = RecordKind(
    label="Diary entry",
    form=forms.DiaryEntry,
    model=DiaryEntry,
    resource="diary",
    is_one_per_day=True,
    answers={DIARY_REMINDER: {}},
)

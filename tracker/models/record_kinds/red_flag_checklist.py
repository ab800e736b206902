"""The answers to the red-flag questions."""

from __future__ import annotations

from django.db import models

from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules.history import records as forms


class RedFlagChecklist(TimedRecord):
    answers = models.JSONField()

    class Meta(TimedRecord.Meta):
        pass


RED_FLAG_CHECKLIST = RecordKind(
    label="Red-flag checklist",
    form=forms.RedFlagChecklist,
    model=RedFlagChecklist,
    resource="red-flag-checklists",
    is_safety_relevant=True,
)

"""A session of physical therapy or of another measure that is done, not taken."""

from __future__ import annotations

from typing import get_args

from django.db import models

from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules import records as forms


class TherapySession(TimedRecord):
    type = models.CharField(max_length=24)
    minutes = models.PositiveSmallIntegerField(null=True)

    class Meta(TimedRecord.Meta):
        pass


THERAPY_SESSION = RecordKind(
    label="Therapy session",
    form=forms.TherapySession,
    model=TherapySession,
    resource="therapy-sessions",
    answers={type: {"type": type} for type in get_args(forms.TherapyType)},
)

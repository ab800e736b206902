"""A session of physical therapy or of another measure that is done, not taken."""

from __future__ import annotations

from django.db import models

from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules.history import records as forms
from tracker.rules.measures import LoggedAs, names_logged_as


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
    answers={type: {"type": type} for type in names_logged_as(LoggedAs.SESSION)},
)

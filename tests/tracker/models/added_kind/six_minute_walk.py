"""The six-minute walk test: a kind that the product does not have."""

from __future__ import annotations

from typing import Annotated

from django.db import models
from msgspec import Meta

from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules.history.records import TimedForm


class WalkTestForm(TimedForm, frozen=True, kw_only=True, tag="walk_test"):
    """How far the patient walked in six minutes."""

    metres: Annotated[int, Meta(ge=0, le=2000)]


class WalkTest(TimedRecord):
    metres = models.PositiveSmallIntegerField()

    class Meta(TimedRecord.Meta):
        pass


WALK_TEST = RecordKind(label="Walk test", form=WalkTestForm, model=WalkTest, resource="walk-tests")

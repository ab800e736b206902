"""The use of a hot or cold compress."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules.history import records as forms
from tracker.rules.measures import compresses


class CompressUse(TimedRecord):
    type = models.CharField(max_length=4, choices=[("hot", "hot"), ("cold", "cold")])
    minutes = models.PositiveSmallIntegerField(null=True)
    skin_reaction = models.BooleanField(default=False)
    wrap = models.BooleanField(default=False)  #: a low-level wrap, which follows its own label

    class Meta(TimedRecord.Meta):
        constraints = [
            *TimedRecord.Meta.constraints,
            models.CheckConstraint(condition=Q(type__in=("hot", "cold")), name="compress_use_type"),
        ]


COMPRESS_USE = RecordKind(
    label="Compress use",
    form=forms.CompressUse,
    model=CompressUse,
    resource="compress-uses",
    answers={measure: {"type": type} for measure, type in compresses().items()},
)

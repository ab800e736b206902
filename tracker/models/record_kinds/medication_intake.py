"""The intake of a medicine."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.care import PlannedMeasure
from tracker.models.record_kinds.base import RecordKind, TimedRecord
from tracker.rules.history import records as forms
from tracker.rules.measures import MEDICATION


class MedicationIntake(TimedRecord):
    product = models.CharField(max_length=200, blank=True)
    ingredients = models.JSONField()  #: [{"name", "mg"}], as the replay contract has it
    route = models.CharField(max_length=24)
    prescribed = models.BooleanField()

    class Meta(TimedRecord.Meta):
        pass


def _holds_a_planned_ingredient(line: PlannedMeasure) -> Q:
    holds_one = Q(pk__in=[])
    for ingredient in line.ingredients or ():
        holds_one |= Q(ingredients__contains=[{"name": ingredient["name"]}])
    return holds_one


MEDICATION_INTAKE = RecordKind(
    label="Medication intake",
    form=forms.MedicationIntake,
    model=MedicationIntake,
    resource="medication-intakes",
    one_line_fields=("product",),
    answers={MEDICATION.name: {}},
    answers_line=_holds_a_planned_ingredient,
)

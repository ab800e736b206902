"""On-call rotations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic
from tracker.models.people import Clinician


class Rotation(ClinicRow):
    """People who take turns, in order, round and round, in the clinic's wall time."""

    class Turn(models.IntegerChoices):
        """Its length in local days: 23 to 25 hours each, as the clocks go."""

        DAILY = 1
        WEEKLY = 7

    name = models.CharField(max_length=80)
    turn_days = models.PositiveSmallIntegerField(choices=Turn.choices)
    hand_over_time = models.TimeField()
    #: a turn of the first member begins on it; turns are counted from it both ways
    first_date = models.DateField()

    class Meta:
        ordering = ["name"]
        constraints = [
            *ClinicRow.Meta.constraints,
            models.UniqueConstraint(fields=["clinic", "name"], name="rotation_name_once"),
            models.CheckConstraint(condition=Q(turn_days__in=(1, 7)), name="rotation_turn_days"),
        ]

    def __str__(self) -> str:
        return self.name


class RotationMember(ClinicLedger):
    """One place in the order; somebody may hold several."""

    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="members")
    position = models.PositiveSmallIntegerField()
    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="rotation_places")

    class Meta:
        ordering = ["position"]
        constraints = [
            *same_clinic("rotation", "clinician"),
            models.UniqueConstraint(fields=["rotation", "position"], name="rotation_member_once"),
            models.CheckConstraint(
                condition=Q(position__range=(1, 20)), name="rotation_member_position"
            ),
        ]


class RotationOverride(ClinicLedger):
    """One person is on duty for a span, whoever's turn it is. Of two the later entered holds."""

    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="overrides")
    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    entered_by = models.ForeignKey(Clinician, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            *same_clinic("rotation", "clinician", "entered_by"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="rotation_override_span"
            ),
        ]

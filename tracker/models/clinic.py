from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic


class Clinic(models.Model):
    """The tenant: nothing of one clinic is ever seen by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=40, blank=True)
    emergency_number = models.CharField(max_length=20, default="911")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class StaffedHours(ClinicLedger):
    """One span of a weekday, in the clinic's wall time, in which somebody works."""

    weekday = models.PositiveSmallIntegerField()  #: 0 Monday .. 6 Sunday, as `date.weekday()`
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="staffed_hours_weekday"),
            # A span that ends before it starts would stop every P1 to P3 clock.
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="staffed_hours_span"),
            models.UniqueConstraint(
                fields=["clinic", "weekday", "opens"], name="staffed_hours_once"
            ),
        ]


class Holiday(ClinicLedger):
    """A local date on which the clinic is not staffed."""

    holiday_date = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["holiday_date"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "holiday_date"], name="holiday_once"),
        ]


class CareTeam(ClinicRow):
    """Those who answer for a group of patients."""

    name = models.CharField(max_length=120)
    clinicians = models.ManyToManyField(
        "tracker.Clinician", through="tracker.CareTeamMembership", related_name="care_teams"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            *ClinicRow.Meta.constraints,
            models.UniqueConstraint(fields=["clinic", "name"], name="care_team_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CareTeamMembership(ClinicLedger):
    care_team = models.ForeignKey(CareTeam, models.CASCADE, related_name="memberships")
    clinician = models.ForeignKey("tracker.Clinician", models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            *same_clinic("care_team", "clinician"),
            models.UniqueConstraint(
                fields=["care_team", "clinician"], name="care_team_membership_once"
            ),
        ]

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic
from tracker.rules.measures import MEDICATION, labels


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def current(self) -> EpisodeQuerySet:
        return self.filter(ended_date=None)


class Episode(ClinicRow):
    """One episode of back pain under conservative care. Day 1 is the index date."""

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="episodes")
    index_date = models.DateField()
    onset_date = models.DateField(null=True, blank=True)
    surgery_date = models.DateField(null=True, blank=True)
    #: days of care before it may count as failed; null = the clinic's number
    conservative_min_days = models.PositiveSmallIntegerField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)
    #: the timer: the on-time window of the next open local day shuts
    next_close_at = models.DateTimeField(null=True, blank=True)
    #: when this close was offered to the workers
    close_offered_at = models.DateTimeField(null=True, blank=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-index_date"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient"),
            # The diary entry of a day belongs to one episode.
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_date=None), name="episode_one_current"
            ),
            models.CheckConstraint(
                condition=Q(onset_date=None) | Q(onset_date__lte=F("index_date")),
                name="episode_onset_before_index",
            ),
            models.CheckConstraint(
                condition=Q(ended_date=None) | Q(ended_date__gte=F("index_date")),
                name="episode_ends_after_index",
            ),
            models.CheckConstraint(
                condition=Q(conservative_min_days=None) | Q(conservative_min_days__range=(14, 365)),
                name="episode_conservative_min_days",
            ),
        ]
        indexes = [
            # The dispatcher's poll for day closes.
            models.Index(
                fields=["next_close_at"],
                condition=Q(next_close_at__isnull=False),
                name="episode_close_due",
            ),
        ]


class ExcusedPeriod(ClinicLedger):
    """Days that do not count against a patient: hospital, travel, told to pause."""

    episode = models.ForeignKey(Episode, models.CASCADE, related_name="excused_periods")
    from_date = models.DateField()
    until_date = models.DateField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_date"]
        constraints = [
            *same_clinic("episode"),
            models.CheckConstraint(
                condition=Q(from_date__lte=F("until_date")), name="excused_period_span"
            ),
        ]


class PlannedMeasureQuerySet(models.QuerySet["PlannedMeasure"]):
    def current(self) -> PlannedMeasureQuerySet:
        return self.filter(until_date=None)


class PlannedMeasure(ClinicRow):
    """One line of the care plan. A changed line ends, and a new one begins."""

    class Waived(models.TextChoices):
        CONTRAINDICATED = "contraindicated", "Contraindicated"
        UNAVAILABLE = "unavailable", "Not available"
        NOT_TOLERATED = "not_tolerated", "Not tolerated"

    episode = models.ForeignKey(Episode, models.CASCADE, related_name="planned_measures")
    measure = models.CharField(max_length=24, choices=labels)
    sessions_per_week = models.PositiveSmallIntegerField(null=True, blank=True)
    minutes_per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    #: medication only; [{"name", "mg", "max_mg_per_day"}], as the replay contract has it
    ingredients = models.JSONField(null=True, blank=True)
    product = models.CharField(max_length=120, blank=True)
    route = models.CharField(max_length=24, blank=True)
    prescribed = models.BooleanField(default=False)
    doses_per_day = models.PositiveSmallIntegerField(null=True, blank=True)  #: null = as needed
    waived = models.CharField(max_length=16, choices=Waived.choices, blank=True)
    #: wall times at which the patient is reminded of it
    reminder_times = ArrayField(models.TimeField(), default=list, blank=True)
    #: 0 is Monday; none = every day
    reminder_weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        "tracker.Clinician", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PlannedMeasureQuerySet.as_manager()

    class Meta:
        ordering = ["measure", "from_date", "id"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("episode"),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gte=F("from_date")),
                name="planned_measure_span",
            ),
            # A medicine without ingredients could never be counted.
            models.CheckConstraint(
                condition=(Q(measure=MEDICATION.name, ingredients__isnull=False) & ~Q(route=""))
                | (~Q(measure=MEDICATION.name) & Q(ingredients=None, route="", doses_per_day=None)),
                name="planned_measure_medication",
            ),
        ]

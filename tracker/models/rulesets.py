"""Which ruleset a clinic uses, from which day on, and its shadow trials."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic
from tracker.models.flags import Priority


class RulesetAdoption(ClinicLedger):
    """From this local date on the clinic's patients are evaluated by this version."""

    version = models.CharField(max_length=20)
    from_date = models.DateField()
    adopted_by = models.ForeignKey(
        "tracker.Clinician", models.PROTECT, null=True, blank=True, related_name="+"
    )  #: null = the clinic opened with it
    adopted_at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["from_date"]
        constraints = [
            *same_clinic("adopted_by"),
            # A day that two versions evaluate would have two sets of flags.
            models.UniqueConstraint(
                fields=["clinic", "from_date"], name="ruleset_adoption_one_per_date"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="ruleset_adoption_says_why"),
        ]


class ThresholdChange(ClinicLedger):
    """One number of the rules, for a clinic or for one patient, from a local date on.

    Nothing is overwritten: of several changes with one date, the newest holds.
    """

    patient = models.ForeignKey(
        "tracker.Patient", models.CASCADE, null=True, blank=True, related_name="threshold_changes"
    )  #: null = all of the clinic
    name = models.CharField(max_length=40)
    #: null removes an earlier change: the clinic's threshold, or the ruleset's own, holds
    value = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    from_date = models.DateField()
    changed_by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["from_date", "id"]
        constraints = [
            *same_clinic("patient", "changed_by"),
            models.CheckConstraint(condition=~Q(reason=""), name="threshold_change_says_why"),
        ]
        indexes = [
            # Read by every evaluation: the clinic's and the patient's.
            models.Index(
                fields=["clinic", "patient", "from_date"], name="threshold_change_in_force"
            ),
        ]


class ShadowTrialQuerySet(models.QuerySet["ShadowTrial"]):
    def running(self) -> ShadowTrialQuerySet:
        return self.filter(stopped_at=None)


class ShadowTrial(ClinicRow):
    """A ruleset, or changed thresholds, evaluated beside the live ones. It notifies nobody."""

    version = models.CharField(max_length=20)
    thresholds = models.JSONField(default=dict)  #: changed numbers by name
    from_date = models.DateField()  #: as if it had been adopted on this local date
    started_by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    stopped_by = models.ForeignKey(
        "tracker.Clinician", models.PROTECT, null=True, blank=True, related_name="+"
    )
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = ShadowTrialQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("started_by", "stopped_by"),
            # Each trial makes every day close longer: one at a time.
            models.UniqueConstraint(
                fields=["clinic"], condition=Q(stopped_at=None), name="shadow_trial_one_running"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")),
                name="shadow_trial_stops_after_start",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="shadow_trial_says_why"),
        ]


class ShadowFinding(ClinicLedger):
    """A flag that a shadow trial would have opened. It is not escalated."""

    trial = models.ForeignKey(ShadowTrial, models.CASCADE, related_name="findings")
    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="+")
    episode = models.ForeignKey("tracker.Episode", models.CASCADE, related_name="shadow_findings")
    rule = models.CharField(max_length=24)
    priority = models.CharField(max_length=2, choices=Priority.choices)
    day = models.IntegerField()
    local_date = models.DateField()
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    explanation = models.TextField()

    class Meta:
        ordering = ["opened_at", "rule"]
        constraints = [
            *same_clinic("trial", "patient", "episode"),
            models.UniqueConstraint(
                fields=["trial", "episode", "rule", "opened_at"], name="shadow_finding_once"
            ),
        ]

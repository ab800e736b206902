from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic


class Priority(models.TextChoices):
    P0 = "P0", "Emergency"
    P1 = "P1", "Same day"
    P2 = "P2", "One business day"
    P3 = "P3", "Five business days"
    P4 = "P4", "For information"


class Evaluation(ClinicLedger):
    """One run of the rules over one episode: which version, over what, with what result."""

    episode = models.ForeignKey("tracker.Episode", models.CASCADE, related_name="evaluations")
    at = models.DateTimeField()
    ruleset = models.CharField(max_length=20)
    inputs_sha256 = models.CharField(max_length=64)
    records = models.PositiveIntegerField()
    opened = models.PositiveSmallIntegerField(default=0)
    raised = models.PositiveSmallIntegerField(default=0)
    cleared = models.PositiveSmallIntegerField(default=0)
    withdrawn = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [*same_clinic("episode")]


class EvaluationCheckpoint(ClinicLedger):
    """The evaluation as it stood at the close of a day, for the next one to resume from.

    Health data. It can be deleted at any time: the records are the truth.
    """

    episode = models.ForeignKey("tracker.Episode", models.CASCADE, related_name="checkpoints")
    at = models.DateTimeField()  #: everything submitted up to this instant is in it
    version = models.CharField(max_length=20)  #: of the code that can read it
    records = models.PositiveIntegerField()  #: so many versions of records are in it
    packed = models.BinaryField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            *same_clinic("episode"),
            # Two evaluations of one state would carry on from different ones.
            models.UniqueConstraint(fields=["episode", "at"], name="checkpoint_once"),
        ]


class FlagQuerySet(models.QuerySet["Flag"]):
    def open(self) -> FlagQuerySet:
        return self.filter(state=Flag.State.OPEN)


class Flag(ClinicRow):
    """A stored finding: why a clinician should look."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLEARED = "cleared", "Cleared by itself"  # false on seven evaluated days
        CLOSED = "closed", "Closed"  # by a clinician, or by an operation
        WITHDRAWN = (
            "withdrawn",
            "Withdrawn: its evidence was corrected",
        )

    class Usefulness(models.TextChoices):
        ACTED_ON = "acted_on", "I acted on it"
        USEFUL = "useful", "Useful to know"
        NOISE = "noise", "Noise"

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="flags")
    episode = models.ForeignKey("tracker.Episode", models.CASCADE, related_name="flags")
    rule = models.CharField(max_length=24)
    ruleset = models.CharField(max_length=20)
    priority = models.CharField(max_length=2, choices=Priority.choices)
    raised_from = models.CharField(max_length=2, choices=Priority.choices, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    day = models.IntegerField()  #: of the episode, 1 on the index date
    local_date = models.DateField()  #: the day that the flag speaks of
    opened_at = models.DateTimeField()  #: as it would have been with every phone online
    detected_at = models.DateTimeField()  #: when the server knew
    #: found in records older than 72 h: on the worklist, not escalated
    retrospective = models.BooleanField(default=False)
    explanation = models.TextField()
    patient_text = models.TextField(blank=True)
    evidence = models.JSONField(encoder=DjangoJSONEncoder)
    missing = models.JSONField(default=list)
    clears_when = models.TextField()
    cannot_see = models.TextField(blank=True)
    sources = models.JSONField(default=list)
    latest = models.JSONField(null=True, encoder=DjangoJSONEncoder)  #: the newest true finding
    #: its evidence is gone; a clinician still closes it
    retracted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=200, blank=True)
    review = models.ForeignKey("tracker.Review", models.PROTECT, null=True, related_name="flags")
    usefulness = models.CharField(max_length=8, choices=Usefulness.choices, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering = ["priority", "opened_at", "id"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient", "episode", "review"),
            # One line on the worklist for one reason, however often it stays true.
            models.UniqueConstraint(
                fields=["episode", "rule"],
                condition=Q(state="open"),
                name="flag_one_open_per_rule",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="flag_ended_or_open",
            ),
            models.CheckConstraint(
                condition=Q(review=None) | ~Q(state="open"), name="flag_reviewed_has_ended"
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "priority", "opened_at"],
                condition=Q(state="open"),
                name="flag_worklist",
            ),
        ]

    @property
    def needs_human(self) -> bool:
        """Whether it is escalated: not if P4, not if it was found late."""
        return self.priority != Priority.P4 and not self.retrospective


class Advice(ClinicRow):
    """Advice that the app shows the patient because of what they logged."""

    class Urgency(models.TextChoices):
        EMERGENCY = "emergency"
        TODAY = "today"
        INFORMATION = "information"

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="advice")
    episode = models.ForeignKey("tracker.Episode", models.CASCADE, related_name="advice")
    code = models.CharField(max_length=40)
    urgency = models.CharField(max_length=12, choices=Urgency.choices)
    record_uuid = models.UUIDField(null=True)
    given_at = models.DateTimeField()  #: by the rules, as if every phone were online
    text = models.TextField()
    read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient", "episode"),
            models.UniqueConstraint(
                fields=["episode", "code", "given_at"], name="advice_given_once"
            ),
        ]

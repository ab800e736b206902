from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic
from tracker.models.flags import Priority
from tracker.models.people import Clinician

#: for one escalation, however often it runs again
MOST_SNOOZES = 2

LIVE = ("active", "acknowledged", "snoozed", "exhausted")


class EscalationPolicy(ClinicRow):
    """Who is told, in which order, when a flag of a care team needs a human."""

    care_team = models.ForeignKey("tracker.CareTeam", models.CASCADE, related_name="policies")
    priority = models.CharField(max_length=2, choices=Priority.choices)
    #: how often all of it is told again before everybody is paged
    repeats = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["priority"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("care_team"),
            models.UniqueConstraint(
                fields=["care_team", "priority"], name="escalation_policy_one_per_priority"
            ),
            # P4 is on the worklist and is not escalated.
            models.CheckConstraint(
                condition=~Q(priority="P4"), name="escalation_policy_not_for_p4"
            ),
            # Endless pages teach people to ignore them.
            models.CheckConstraint(
                condition=Q(repeats__lte=3), name="escalation_policy_repeats_at_most_3"
            ),
        ]


class EscalationPolicyStep(ClinicLedger):
    """A step: after so many minutes, notify this role, this person or whoever is on duty."""

    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()  #: 1 is told first
    delay_minutes = models.PositiveIntegerField()  #: after the step before it
    role = models.CharField(max_length=24, choices=Clinician.Role.choices, blank=True)
    clinician = models.ForeignKey(
        Clinician, models.CASCADE, null=True, blank=True, related_name="+"
    )
    #: who of it is on duty when the step fires
    rotation = models.ForeignKey(
        "tracker.Rotation", models.PROTECT, null=True, blank=True, related_name="policy_steps"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            *same_clinic("policy", "clinician", "rotation"),
            models.UniqueConstraint(
                fields=["policy", "position"], name="escalation_policy_step_once"
            ),
            models.CheckConstraint(
                condition=Q(position__range=(1, 10)), name="escalation_policy_step_position"
            ),
            models.CheckConstraint(
                condition=Q(delay_minutes__lte=7 * 24 * 60), name="escalation_policy_step_delay"
            ),
            # A step names exactly one recipient.
            models.CheckConstraint(
                condition=Q(role="", clinician__isnull=False, rotation=None)
                | Q(role="", clinician=None, rotation__isnull=False)
                | (~Q(role="") & Q(clinician=None, rotation=None)),
                name="escalation_policy_step_recipient",
            ),
        ]


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def live(self) -> EscalationQuerySet:
        return self.filter(state__in=LIVE)


class Escalation(ClinicRow):
    """A flag that needs a human, until one has decided."""

    class State(models.TextChoices):
        ACTIVE = "active", "Waiting for someone"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        SNOOZED = "snoozed", "Snoozed"
        EXHAUSTED = "exhausted", "Nobody answered"
        RESOLVED = "resolved", "Resolved by a review"
        WITHDRAWN = "withdrawn", "Withdrawn"

    flag = models.ForeignKey("tracker.Flag", models.CASCADE, related_name="escalations")
    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="escalations")
    priority = models.CharField(max_length=2, choices=Priority.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    #: raised, re-opened or woken, it runs again from the first step with the next number
    run_number = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)  #: of the newest fired step
    opened_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    #: the timer: the next step, or the next page of an exhausted escalation, is due
    next_step_at = models.DateTimeField(null=True)
    #: the timer: an acknowledgement without a review expires
    review_by = models.DateTimeField(null=True)
    #: the timer: a snooze is over
    wake_at = models.DateTimeField(null=True)
    #: who owes the review: whoever acknowledged first, or was handed it since
    owner = models.ForeignKey("tracker.Clinician", models.PROTECT, null=True, related_name="owned")
    exhausted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    review = models.ForeignKey(
        "tracker.Review", models.PROTECT, null=True, related_name="escalations"
    )

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["priority", "opened_at", "id"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("flag", "patient", "review", "owner"),
            # I2: a flag has one live escalation.
            models.UniqueConstraint(
                fields=["flag"], condition=Q(state__in=LIVE), name="escalation_one_live_per_flag"
            ),
            # I4: an active escalation without a next step would never notify anybody.
            models.CheckConstraint(
                condition=~Q(state__in=("active", "exhausted")) | Q(next_step_at__isnull=False),
                name="escalation_active_has_a_next_step",
            ),
            # An acknowledgement is followed by a review, which has a deadline.
            models.CheckConstraint(
                condition=Q(state="acknowledged", review_by__isnull=False, owner__isnull=False)
                | (~Q(state="acknowledged") & Q(review_by=None, owner=None)),
                name="escalation_acknowledged_has_owner_and_deadline",
            ),
            # A snooze that does not end would hide the flag.
            models.CheckConstraint(
                condition=Q(state="snoozed", wake_at__isnull=False)
                | (~Q(state="snoozed") & Q(wake_at=None)),
                name="escalation_snoozed_wakes",
            ),
            # An emergency is reviewed, never snoozed.
            models.CheckConstraint(
                condition=~Q(state="snoozed", priority="P0"), name="escalation_p0_never_snoozed"
            ),
            # After an acknowledgement, a snooze or the end no further step fires.
            models.CheckConstraint(
                condition=Q(state__in=("active", "exhausted")) | Q(next_step_at=None),
                name="escalation_answered_has_no_next_step",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE, ended_at=None)
                | (~Q(state__in=LIVE) & Q(ended_at__isnull=False)),
                name="escalation_ended_or_live",
            ),
        ]
        indexes = [
            # The dispatcher's poll for escalation steps, urgent first.
            models.Index(
                fields=["priority", "next_step_at"],
                condition=Q(next_step_at__isnull=False),
                name="escalation_step_due",
            ),
            # The dispatcher's poll for forgotten acknowledgements.
            models.Index(
                fields=["review_by"],
                condition=Q(review_by__isnull=False),
                name="escalation_review_due",
            ),
            # The dispatcher's poll for snoozes that are over.
            models.Index(
                fields=["wake_at"],
                condition=Q(wake_at__isnull=False),
                name="escalation_wake_due",
            ),
        ]

    @property
    def group(self) -> str:
        """The group of all its notices in the outbox."""
        return f"escalation:{self.id}"

    @property
    def owner_group(self) -> str:
        """The group of what is told to a new owner: not a page of a step."""
        return f"owner:{self.id}"


class EscalationStep(ClinicLedger):
    """A step of one run, as the policy stood when the run began."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="steps")
    run_number = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    delay_minutes = models.PositiveIntegerField()
    label = models.CharField(max_length=120)  #: who it is, in words, as it was then
    #: whom it tells; of a rotation, whom it told
    clinicians = ArrayField(models.UUIDField(), default=list)
    #: its person is looked up when the step fires
    rotation = models.ForeignKey(
        "tracker.Rotation", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True)
    fired_at = models.DateTimeField(null=True)
    reached = models.PositiveSmallIntegerField(null=True)  #: recipients with a channel

    class Meta:
        ordering = ["run_number", "position"]
        constraints = [
            *same_clinic("escalation", "rotation"),
            # I3: every step fires once.
            models.UniqueConstraint(
                fields=["escalation", "run_number", "position"], name="escalation_step_once"
            ),
            models.CheckConstraint(
                condition=Q(fired_at=None, reached=None)
                | Q(fired_at__isnull=False, reached__isnull=False),
                name="escalation_step_fired_says_whom",
            ),
        ]


class Acknowledgement(ClinicLedger):
    """A clinician has seen these escalations and owns them until `review_by`."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="acknowledgements")
    run_number = models.PositiveSmallIntegerField()
    by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    review_by = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [*same_clinic("escalation", "by")]


class HandOver(ClinicLedger):
    """A colleague became the owner of an acknowledged escalation; its deadline stayed."""

    class Reason(models.TextChoices):
        END_OF_SHIFT = "end_of_shift", "End of my shift"
        KNOWS_THE_PATIENT = "knows_the_patient", "Knows the patient"
        OTHER_PROFESSION = "other_profession", "Needs another profession"
        UNAVAILABLE = "unavailable", "I am not available"

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="hand_overs")
    run_number = models.PositiveSmallIntegerField()
    by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    to = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    #: from a list: free text about a patient would be one more place to erase
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [*same_clinic("escalation", "by", "to")]


class Snooze(ClinicLedger):
    """A clinician has put the escalation aside until `until`; then it runs again."""

    class Reason(models.TextChoices):
        WAITING_FOR_PATIENT = "waiting_for_patient", "Waiting to hear from the patient"
        WAITING_FOR_RESULT = "waiting_for_result", "Waiting for a result"
        WAITING_FOR_COLLEAGUE = "waiting_for_colleague", "Waiting for a colleague's opinion"
        VISIT_ARRANGED = "visit_arranged", "The patient will be seen"

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="snoozes")
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=24, choices=Reason.choices)

    class Meta:
        ordering = ["number"]
        constraints = [
            *same_clinic("escalation", "by"),
            models.UniqueConstraint(fields=["escalation", "number"], name="snooze_once_per_number"),
            # Without a limit a flag could be snoozed for ever.
            models.CheckConstraint(
                condition=Q(number__range=(1, MOST_SNOOZES)), name="snooze_at_most_twice"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="snooze_ends_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="snooze_has_a_reason"),
        ]

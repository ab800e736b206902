from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic


class Review(ClinicRow):
    """A clinician looked at a patient's flags and decided."""

    class Decision(models.TextChoices):
        CONTINUE_CARE = "continue_care", "Continue the care as planned"
        CHANGE_PLAN = "change_plan", "Change the care plan"
        ORDER_TESTS = "order_tests", "Order tests"
        REFER = "refer", "Refer"
        SEE_PATIENT = "see_patient", "See the patient"
        SEND_TO_EMERGENCY = "send_to_emergency", "Send to emergency care"
        NO_ACTION = "no_action", "No action needed"

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="reviews")
    by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="reviews")
    at = models.DateTimeField()
    decision = models.CharField(max_length=20, choices=Decision.choices)
    note = models.TextField(blank=True)  #: for clinicians; the patient reads the message

    class Meta:
        ordering = ["-at"]
        constraints = [*ClinicRow.Meta.constraints, *same_clinic("patient", "by")]


class Message(ClinicRow):
    """What a clinician wrote to a patient."""

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="messages")
    review = models.OneToOneField(Review, models.CASCADE, null=True, related_name="message")
    by = models.ForeignKey("tracker.Clinician", models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    text = models.TextField()
    read_at = models.DateTimeField(null=True)
    #: the timer: the patient is reminded of it, then it returns to the worklist
    chase_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)  #: it is on the worklist until it is read
    dealt_with_at = models.DateTimeField(null=True)  #: or until a clinician has seen to it
    dealt_with_by = models.ForeignKey(
        "tracker.Clinician", models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient", "review", "by", "dealt_with_by"),
            models.CheckConstraint(condition=~Q(text=""), name="message_says_something"),
            models.CheckConstraint(
                condition=Q(chase_at=None) | Q(read_at=None, returned_at=None),
                name="message_chased_until_read_or_returned",
            ),
            models.CheckConstraint(
                condition=Q(dealt_with_at=None, dealt_with_by=None)
                | Q(dealt_with_at__isnull=False, dealt_with_by__isnull=False),
                name="message_dealt_with_by_somebody",
            ),
        ]
        indexes = [
            # The dispatcher's poll for unread messages.
            models.Index(
                fields=["chase_at"],
                condition=Q(chase_at__isnull=False),
                name="message_chase_due",
            ),
            # The worklist's: few at any time.
            models.Index(
                fields=["clinic", "returned_at"],
                condition=Q(returned_at__isnull=False, read_at=None, dealt_with_at=None),
                name="message_returned",
            ),
        ]


class Order(ClinicRow):
    """A test that a review asked for."""

    class Test(models.TextChoices):
        X_RAY = "x_ray", "X-ray"
        CT = "ct", "CT"
        MRI = "mri", "MRI"
        MYELOGRAM = "myelogram", "Myelogram"
        EMG_NCS = "emg_ncs", "EMG/NCS"
        HLA_B27 = "hla_b27", "Blood test for HLA-B27"

    class State(models.TextChoices):
        ORDERED = "ordered", "Ordered"
        RESULTED = "resulted", "Resulted"
        CANCELLED = "cancelled", "Cancelled"

    review = models.ForeignKey(Review, models.CASCADE, related_name="orders")
    test = models.CharField(max_length=12, choices=Test.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ORDERED)
    result = models.TextField(blank=True)
    resulted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("review"),
            models.CheckConstraint(
                condition=Q(state="resulted", resulted_at__isnull=False)
                | (~Q(state="resulted") & Q(resulted_at=None)),
                name="order_resulted_says_when",
            ),
        ]


class Referral(ClinicLedger):
    class Specialty(models.TextChoices):
        PHYSIATRY = "physiatry", "Physiatry"
        PAIN_MANAGEMENT = "pain_management", "Pain management"
        PHYSICAL_THERAPY = "physical_therapy", "Physical therapy"
        SPINE_SURGERY = "spine_surgery", "Spine surgery"

    review = models.ForeignKey(Review, models.CASCADE, related_name="referrals")
    specialty = models.CharField(max_length=20, choices=Specialty.choices)

    class Meta:
        constraints = [*same_clinic("review")]


class Visit(ClinicLedger):
    class Mode(models.TextChoices):
        IN_PERSON = "in_person", "In person"
        VIDEO = "video", "By video"

    review = models.ForeignKey(Review, models.CASCADE, related_name="visits")
    mode = models.CharField(max_length=12, choices=Mode.choices)
    by_date = models.DateField(null=True)  #: the patient should be seen by then

    class Meta:
        constraints = [*same_clinic("review")]

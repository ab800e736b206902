from __future__ import annotations

import uuid
from datetime import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic

if TYPE_CHECKING:
    from tracker.models.user import User


class ClinicianQuerySet(models.QuerySet["Clinician"]):
    def active(self) -> ClinicianQuerySet:
        return self.filter(is_active=True, user__is_active=True)

    def for_user(self, user: User) -> ClinicianQuerySet:
        """The memberships of a signed-in person, one per clinic."""
        return self.active().filter(user=user)


class Clinician(ClinicRow):
    """A person's membership in one clinic. A person may be a member of several clinics."""

    class Role(models.TextChoices):
        PHYSICIAN = "physician", "Physician"
        NURSE = "nurse", "Nurse"
        PHYSICAL_THERAPIST = "physical_therapist", "Physical therapist"
        ADMINISTRATOR = "administrator", "Administrator"  # runs the clinic, sees no diary

    user = models.ForeignKey("tracker.User", models.PROTECT, related_name="clinicians")
    full_name = models.CharField(max_length=120)
    role = models.CharField(max_length=24, choices=Role.choices)
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    recipient_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    objects = ClinicianQuerySet.as_manager()

    class Meta:
        ordering = ["full_name"]
        constraints = [
            *ClinicRow.Meta.constraints,
            models.UniqueConstraint(fields=["clinic", "user"], name="clinician_one_membership"),
            models.CheckConstraint(
                condition=~Q(role="administrator") | Q(is_administrator=True),
                name="clinician_administrator_role_administers",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def sees_diaries(self) -> bool:
        return self.role != self.Role.ADMINISTRATOR


class PatientQuerySet(models.QuerySet["Patient"]):
    def for_clinician(self, clinician: Clinician) -> PatientQuerySet:
        """The patients of the clinician's clinic; none for who only administers it."""
        if not (clinician.is_active and clinician.sees_diaries):
            return self.none()
        return self.filter(clinic_id=clinician.clinic_id)

    def for_user(self, user: User) -> PatientQuerySet:
        """The one patient that a signed-in person is."""
        return self.filter(user=user, is_active=True, user__is_active=True)


class Patient(ClinicRow):
    """Someone with back pain who keeps the diary. Before enrolment `user` is null."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        INTERSEX = "intersex", "Intersex"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Not recorded"

    class Condition(models.TextChoices):
        """What makes some rules stricter, by the codes of the replay contract."""

        OSTEOPOROSIS = "osteoporosis", "Osteoporosis"
        LONG_TERM_STEROID = "long_term_steroid", "Long-term steroid"
        IMMUNOSUPPRESSED = "immunosuppressed", "Immunosuppressed"
        IV_DRUG_USE = "iv_drug_use", "Intravenous drug use"
        DIALYSIS = "dialysis", "Dialysis"
        RECENT_SPINAL_PROCEDURE = "recent_spinal_procedure", "Recent spinal procedure"
        CANCER_HISTORY = "cancer_history", "History of cancer"
        KNOWN_AORTIC_ANEURYSM = "known_aortic_aneurysm", "Known aortic aneurysm"
        ULCER_OR_GI_BLEED = "ulcer_or_gi_bleed", "Ulcer or gastrointestinal bleed"
        CHRONIC_KIDNEY_DISEASE = "chronic_kidney_disease", "Chronic kidney disease"
        HEART_FAILURE = "heart_failure", "Heart failure"
        CIRRHOSIS = "cirrhosis", "Cirrhosis"
        PREGNANCY_20_WEEKS = "pregnancy_20_weeks", "Pregnant, 20 weeks or more"
        LONG_TERM_OPIOID = "long_term_opioid", "Long-term opioid"

    user = models.OneToOneField(
        "tracker.User", models.PROTECT, null=True, blank=True, related_name="patient"
    )
    care_team = models.ForeignKey("tracker.CareTeam", models.PROTECT, related_name="patients")
    full_name = models.CharField(max_length=120)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=10, choices=Sex.choices, default=Sex.UNKNOWN)
    phone = models.CharField(max_length=40, blank=True)
    conditions = ArrayField(
        models.CharField(max_length=40, choices=Condition.choices), default=list, blank=True
    )
    #: standing and walking levels up to this one are the person's usual and do not count
    function_floor = models.PositiveSmallIntegerField(default=0)
    #: morphine equivalents per day that the clinician knows of and accepts
    mme_acknowledged = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    time_zone = models.CharField(max_length=64)
    #: the zone of the phone that the patient declined to follow
    declined_time_zone = models.CharField(max_length=64, blank=True)
    reminds_on_weekends = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)  #: wall time; null = no quiet hours
    quiet_until = models.TimeField(null=True, blank=True)
    enrolled_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    #: who an imported person was in the other system
    external_ref = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 -- unique where given
    recipient_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["full_name", "id"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("care_team"),
            models.CheckConstraint(
                condition=Q(function_floor__lte=5), name="patient_function_floor"
            ),
            # An account without an enrolment has agreed to nothing.
            models.CheckConstraint(
                condition=Q(user=None, enrolled_at=None)
                | Q(user__isnull=False, enrolled_at__isnull=False),
                name="patient_enrolled_with_account",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="patient_quiet_hours_are_whole",
            ),
            # A second import of the same person finds the first.
            models.UniqueConstraint(
                fields=["clinic", "external_ref"],
                condition=Q(external_ref__isnull=False),
                name="patient_external_ref_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def reminder_time(self) -> time | None:
        """When they are reminded of the diary; None = never."""
        slot = self.reminder_slots.filter(planned_measure=None, is_on=True).first()
        return slot.wall_time if slot else None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class PatientTimeZone(ClinicLedger):
    """The zone a patient's days are counted in, from a local date on."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="time_zones")
    from_date = models.DateField()
    time_zone = models.CharField(max_length=64)

    class Meta:
        ordering = ["from_date"]
        constraints = [
            *same_clinic("patient"),
            models.UniqueConstraint(
                fields=["patient", "from_date"], name="patient_time_zone_one_per_date"
            ),
        ]


class Consent(ClinicLedger):
    """A patient's consent to one version of the consent text."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="consents")
    text_version = models.CharField(max_length=20)
    agreed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            *same_clinic("patient"),
            models.UniqueConstraint(
                fields=["patient", "text_version"], name="consent_once_per_version"
            ),
        ]


class Invitation(ClinicRow):
    """A one-use link. Only the token's hash is kept."""

    class Kind(models.TextChoices):
        CLINICIAN = "clinician"
        PATIENT = "patient"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    email = models.EmailField(max_length=254)
    full_name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=24, choices=Clinician.Role.choices, blank=True)
    is_administrator = models.BooleanField(default=False)
    patient = models.ForeignKey(
        Patient, models.CASCADE, null=True, blank=True, related_name="invitations"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    recipient_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        Clinician, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient"),
            models.CheckConstraint(
                condition=Q(kind="patient", patient__isnull=False, role="")
                | (Q(kind="clinician", patient=None) & ~Q(role="")),
                name="invitation_names_whom_it_invites",
            ),
        ]

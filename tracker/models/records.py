"""What a patient logged: the current version, typed and constrained, beside its ledger.

The rules read the ledger (`Revision`), people read these tables.
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, same_clinic


def scale(field: str, top: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{field: None}) | Q(**{f"{field}__range": (0, top)}),
        name=f"%(class)s_{field}_0_to_{top}",
    )


class RecordKind(models.TextChoices):
    DIARY_ENTRY = "diary_entry"
    COMPRESS_USE = "compress_use"
    MEDICATION_INTAKE = "medication_intake"
    THERAPY_SESSION = "therapy_session"
    RED_FLAG_CHECKLIST = "red_flag_checklist"
    PEG = "peg"


class RevisionQuerySet(models.QuerySet["Revision"]):
    def accepted(self) -> RevisionQuerySet:
        return self.filter(number__isnull=False)


class Revision(ClinicLedger):
    """One version of one record, as it was said. Never changed, never deleted by use.

    A version that lost a conflict is kept too: its `number` is null and the rules do not
    read it.
    """

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="revisions")
    uuid = models.UUIDField()  #: of the record, made by the client
    kind = models.CharField(max_length=20, choices=RecordKind.choices)
    number = models.PositiveIntegerField(null=True)
    base_number = models.PositiveIntegerField(default=0)  #: the version that the author saw
    #: the record in the replay contract's form, without id and replaces
    content = models.JSONField(encoder=DjangoJSONEncoder)
    note = models.TextField(blank=True)
    retracted = models.BooleanField(default=False)
    submitted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    author = models.ForeignKey("tracker.User", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    diary_import = models.ForeignKey(
        "tracker.DiaryImport", models.PROTECT, null=True, related_name="revisions"
    )
    imported_line = models.PositiveIntegerField(null=True)
    #: what the file said, by field, where `content` holds it rounded: {"pain_average": "6.75"}
    imported_original = models.JSONField(null=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["submitted_at", "id"]
        constraints = [
            *same_clinic("patient", "diary_import"),
            # Two phones that correct the same version: one of them gets the number.
            models.UniqueConstraint(
                fields=["patient", "uuid", "number"], name="revision_number_once"
            ),
            # The phone's clock never makes a record look newer than its arrival.
            models.CheckConstraint(
                condition=Q(submitted_at__lte=F("received_at")),
                name="revision_submitted_before_received",
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=False) | Q(diary_import__isnull=False),
                name="revision_has_author_or_import",
            ),
            # What came from a file can be found in it again.
            models.CheckConstraint(
                condition=Q(diary_import=None, imported_line=None, imported_original__isnull=True)
                | Q(diary_import__isnull=False, imported_line__isnull=False),
                name="revision_imported_from_a_line",
            ),
        ]
        indexes = [
            # Loads a patient's whole history for an evaluation.
            models.Index(fields=["patient", "submitted_at"], name="revision_history"),
        ]


class LoggedRecord(ClinicLedger):
    """The current version of something that a patient logged."""

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="+")
    uuid = models.UUIDField()
    revision = models.PositiveIntegerField(default=1)
    local_date = models.DateField()
    time_zone = models.CharField(max_length=64)  #: held by the patient when it happened
    submitted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    note = models.TextField(blank=True, max_length=2000)
    retracted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            *same_clinic("patient"),
            # However often the phone retries, the record is there once.
            models.UniqueConstraint(fields=["patient", "uuid"], name="%(class)s_once"),
        ]


class TimedRecord(LoggedRecord):
    """A record of an instant rather than of a day."""

    at = models.DateTimeField()

    class Meta(LoggedRecord.Meta):
        abstract = True
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["patient", "at"], name="%(class)s_by_time")]


class DiaryEntry(LoggedRecord):
    """One patient, one local day."""

    pain_average = models.PositiveSmallIntegerField(null=True)
    pain_worst = models.PositiveSmallIntegerField(null=True)
    standing = models.PositiveSmallIntegerField(null=True)
    walking = models.PositiveSmallIntegerField(null=True)
    sleep = models.PositiveSmallIntegerField(null=True)
    activity = models.PositiveSmallIntegerField(null=True)

    class Meta(LoggedRecord.Meta):
        ordering = ["local_date"]
        constraints = [
            *LoggedRecord.Meta.constraints,
            # The chart and the rules know one entry a day.
            models.UniqueConstraint(
                fields=["patient", "local_date"],
                condition=Q(retracted_at=None),
                name="diary_entry_one_per_day",
            ),
            scale("pain_average", 10),
            scale("pain_worst", 10),
            scale("standing", 5),
            scale("walking", 5),
            scale("sleep", 4),
            scale("activity", 4),
        ]


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


class MedicationIntake(TimedRecord):
    product = models.CharField(max_length=200, blank=True)
    ingredients = models.JSONField()  #: [{"name", "mg"}], as the replay contract has it
    route = models.CharField(max_length=24)
    prescribed = models.BooleanField()

    class Meta(TimedRecord.Meta):
        pass


class TherapySession(TimedRecord):
    type = models.CharField(max_length=24)
    minutes = models.PositiveSmallIntegerField(null=True)

    class Meta(TimedRecord.Meta):
        pass


class RedFlagChecklist(TimedRecord):
    answers = models.JSONField()

    class Meta(TimedRecord.Meta):
        pass


class PegScore(LoggedRecord):
    """Pain, Enjoyment, General activity over the past week; all three or none."""

    pain = models.PositiveSmallIntegerField()
    enjoyment = models.PositiveSmallIntegerField()
    activity = models.PositiveSmallIntegerField()

    class Meta(LoggedRecord.Meta):
        ordering = ["local_date"]
        constraints = [
            *LoggedRecord.Meta.constraints,
            scale("pain", 10),
            scale("enjoyment", 10),
            scale("activity", 10),
        ]


class DiaryImport(ClinicLedger):
    """A file of diaries kept elsewhere, taken over as a whole or not at all."""

    sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    options = models.JSONField()
    imported_at = models.DateTimeField()
    rows = models.PositiveIntegerField()  #: lines that held something, without the header
    rejected = models.PositiveIntegerField()  #: of those
    created = models.PositiveIntegerField()  #: days that were not there before
    revised = models.PositiveIntegerField()  #: days of which the file says something else now

    class Meta:
        constraints = [
            # The target of SameClinic.
            models.UniqueConstraint(fields=["clinic", "id"], name="diaryimport_in_clinic"),
        ]

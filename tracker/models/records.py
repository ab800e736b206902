"""The ledger of what patients logged: every version of every record.

The rules read the ledger; people read the tables of the current versions (`record_kinds`).
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from tracker.models.base import ClinicLedger, same_clinic
from tracker.models.record_kinds import RECORD_KINDS


class RevisionQuerySet(models.QuerySet["Revision"]):
    def accepted(self) -> RevisionQuerySet:
        return self.filter(number__isnull=False)


class Revision(ClinicLedger):
    """One version of one record, as it was submitted. Never changed or deleted in use.

    A version that lost a conflict is kept too: its `number` is null and the rules do not
    read it.
    """

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="revisions")
    uuid = models.UUIDField()  #: of the record, made by the client
    kind = models.CharField(
        max_length=20, choices=[(each.code, each.label) for each in RECORD_KINDS.values()]
    )
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
    #: the file's text, by field, where `content` holds it rounded: {"pain_average": "6.75"}
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


class DiaryImport(ClinicLedger):
    """A file of diaries kept elsewhere, imported as a whole or not at all."""

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

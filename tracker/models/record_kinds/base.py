"""What each kind of record is declared with: its table's columns and its `RecordKind`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models
from django.db.models import Q

from tracker.models.base import ClinicLedger, same_clinic
from tracker.rules.history.records import RECORD_TYPES, DatedRecord, InstantRecord

if TYPE_CHECKING:
    from tracker.models.care import PlannedMeasure

#: In `RecordKind.answers`: the reminder of the diary, which belongs to no planned measure.
DIARY_REMINDER = ""

#: Fields of a form that every record has, or that its table keeps in columns of their own.
COMMON_FIELDS = frozenset({"id", "replaces", "date", "at", "submitted_at"})


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


def scale(field: str, top: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{field: None}) | Q(**{f"{field}__range": (0, top)}),
        name=f"%(class)s_{field}_0_to_{top}",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordKind:
    """One kind of record, with everything that the rest of the product derives from it."""

    #: For people.
    label: str
    #: The form of a record of this kind. Its tag is the kind's code.
    form: type[DatedRecord] | type[InstantRecord]
    #: The table of the current versions, with a column for each field of the form.
    model: type[LoggedRecord]
    #: Its path in the API, below /api/v1/.
    resource: str
    #: There is one record a local date, which is its address; others are addressed by their id.
    is_one_per_day: bool = False
    #: The texts among its fields that stand on one line, as the name of a product does.
    one_line_fields: tuple[str, ...] = ()
    #: The planned measures whose reminders a record answers, each with the values that the
    #: record must have.
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: Which rows answer the reminder of this line of a plan, where the values do not tell.
    answers_line: Callable[[PlannedMeasure], Q] | None = None
    #: It may report an emergency, so no limit on how much is logged may refuse it.
    is_safety_relevant: bool = False

    @cached_property
    def code(self) -> str:
        """Its name in documents, in the database and in the audit trail."""
        return str(self.form.__struct_config__.tag)

    @cached_property
    def is_daily(self) -> bool:
        """Whether a record belongs to a date, rather than to an instant."""
        return issubclass(self.form, DatedRecord)

    @cached_property
    def is_evaluated(self) -> bool:
        """Whether the rules read it: their engine dispatches on the form."""
        return self.form in RECORD_TYPES

    @cached_property
    def own_fields(self) -> tuple[str, ...]:
        """The fields that only this kind has, in the form and in the table alike."""
        names = (each.name for each in msgspec.structs.fields(self.form))
        return tuple(name for name in names if name not in COMMON_FIELDS)

    def measures(self, content: Mapping[str, Any]) -> set[str]:
        """The measures whose reminders a record with this content answers."""
        return {
            measure
            for measure, values in self.answers.items()
            if all(content.get(name) == value for name, value in values.items())
        }

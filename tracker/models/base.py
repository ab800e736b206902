"""What every row of a clinic has: its clinic, and references that cannot leave it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import BaseConstraint

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class SameClinic(BaseConstraint):
    """A composite foreign key: the row that `field` points to has this row's clinic.

    A plain foreign key accepts a row of another clinic, and so does row level security,
    which foreign key checks bypass. This one serves every patient: no bug in a query can
    tie their record to a stranger's.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _clause(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> str:
        field = model._meta.get_field(self.field)
        assert isinstance(field, models.ForeignKey)
        target: type[models.Model] = field.related_model
        column, table = map(editor.quote_name, (field.attname, target._meta.db_table))
        return f"FOREIGN KEY (clinic_id, {column}) REFERENCES {table} (clinic_id, id)"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        self.create_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Defer to the end of the migration: the key it refers to may not be there yet."""
        table = schema_editor.quote_name(model._meta.db_table)
        name = schema_editor.quote_name(self.name)
        schema_editor.deferred_sql.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {self._clause(model, schema_editor)}"
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the database enforces the key, also against raw SQL."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "tracker.models.base.SameClinic", (), {"field": self.field, "name": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameClinic) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((self.field, self.name))


def same_clinic(*fields: str) -> list[SameClinic]:
    return [SameClinic(field=field, name=f"%(class)s_same_clinic_{field}") for field in fields]


class ClinicRow(models.Model):
    """A row that belongs to one clinic and may be named in a URL."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("tracker.Clinic", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            # The target of SameClinic.
            models.UniqueConstraint(fields=["clinic", "id"], name="%(class)s_in_clinic"),
        ]


class ClinicLedger(models.Model):
    """A row that belongs to one clinic and is never named from outside."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey("tracker.Clinic", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

"""Which rules and numbers are in force on which local day, as stored."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from tracker import rules
from tracker.models import RulesetAdoption, ThresholdChange

#: The rules take no earlier date; the first period holds before it anyway.
BEGINNING = date(1990, 1, 1)

Numbers = Mapping[str, int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From this local date on, until the next period begins."""

    from_date: date
    version: str
    #: what differs from the ruleset's own numbers
    thresholds: Numbers

    def as_document(self) -> dict[str, Any]:
        """As a replayed history has it."""
        document = {"from": self.from_date.isoformat(), "version": self.version}
        return {**document, "thresholds": dict(self.thresholds)} if self.thresholds else document


def periods_of(*, clinic_id: UUID, patient_id: UUID | None = None) -> list[Period]:
    """The periods of a clinic's patient, or of the clinic itself; never none."""
    adopted = list(
        RulesetAdoption.objects.filter(clinic_id=clinic_id)
        .order_by("from_date")
        .values_list("from_date", "version")
    ) or [(BEGINNING, rules.LIVE.version)]
    changes = list(
        ThresholdChange.objects.filter(
            Q(patient=None) | Q(patient_id=patient_id), clinic_id=clinic_id
        ).order_by("from_date", "id")
    )
    starts = sorted({on for on, _ in adopted} | {change.from_date for change in changes})
    return _merged(
        Period(from_date=on, version=_version(adopted, on), thresholds=_thresholds(changes, on))
        for on in starts
    )


def in_force(periods: Sequence[Period], on: date) -> Period:
    position = bisect_right([period.from_date for period in periods], on) - 1
    return periods[max(position, 0)]


def number_of(value: Decimal) -> int | float:
    """As the rules read it: a whole number stays whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def _version(adopted: Sequence[tuple[date, str]], on: date) -> str:
    position = bisect_right([start for start, _ in adopted], on) - 1
    return adopted[max(position, 0)][1]


def _thresholds(changes: Iterable[ThresholdChange], on: date) -> dict[str, int | float]:
    """The patient's over the clinic's; what was removed is the ruleset's own again."""
    clinics: dict[str, Decimal | None] = {}
    patients: dict[str, Decimal | None] = {}
    for change in changes:
        if change.from_date <= on:
            (patients if change.patient_id else clinics)[change.name] = change.value
    layers = [*clinics.items(), *((k, v) for k, v in patients.items() if v is not None)]
    return {name: number_of(value) for name, value in layers if value is not None}


def _merged(periods: Iterable[Period]) -> list[Period]:
    """Without those that change nothing."""
    merged: list[Period] = []
    for period in periods:
        before = merged[-1] if merged else None
        if before is None or (before.version, before.thresholds) != (
            period.version,
            period.thresholds,
        ):
            merged.append(period)
    return merged

"""The moment of an intake, with what was taken in the 24 hours up to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date as Date
from datetime import datetime
from functools import cached_property

from tracker.rules.chart import Chart
from tracker.rules.checklist import age_on
from tracker.rules.medicines import LOW_DOSE_ASPIRIN_MG, DrugClass
from tracker.rules.thresholds import Number

ACTIVE_DAYS = 7


class DoseMoment:
    def __init__(self, chart: Chart, at: datetime) -> None:
        self.chart = chart
        self.at = at
        self.day = chart.local_days.day_of(at)
        self.rolling = chart.intakes.rolling(at)
        self.plan = chart.medicines.on(self.day)
        self.systemic = [
            (taken, dose) for taken in self.rolling for dose in taken.doses if dose.is_systemic
        ]

    @cached_property
    def age(self) -> int | None:
        birth_date = self.chart.patient.birth_date
        return None if birth_date is None else age_on(Date.fromordinal(self.day), birth_date)

    @cached_property
    def sums(self) -> dict[str, Number]:
        """Milligrams per base, over all products."""
        sums: dict[str, Number] = defaultdict(int)
        for _, dose in self.systemic:
            sums[dose.base] += dose.mg or 0
        return sums

    def bases_of(self, wanted: DrugClass) -> list[str]:
        """The ingredients of a class taken, in order of name."""
        return self._bases.get(wanted, [])

    @property
    def classes(self) -> Collection[DrugClass]:
        return self._bases.keys()

    @cached_property
    def _bases(self) -> dict[DrugClass, list[str]]:
        known = {(d.ingredient.drug_class, d.base) for _, d in self.systemic if d.ingredient}
        bases: dict[DrugClass, list[str]] = defaultdict(list)
        for drug_class, base in sorted(known):
            bases[drug_class].append(base)
        return bases

    @cached_property
    def nsaids(self) -> list[str]:
        """NSAIDs taken; aspirin only above the dose that is for the heart."""
        return [b for b in self.bases_of(DrugClass.NSAID) if b != "aspirin" or self.is_full_aspirin]

    @property
    def took_opioid_today(self) -> bool:
        """On this local day, up to this moment."""
        return self.chart.took_class(DrugClass.OPIOID, self.day, 1, self.at)

    @property
    def is_full_aspirin(self) -> bool:
        return self.sums.get("aspirin", 0) > LOW_DOSE_ASPIRIN_MG

    def is_active(self, wanted: DrugClass) -> bool:
        """Prescribed in the plan, or taken in the last seven local days."""
        is_prescribed = wanted in self.plan.prescribed_classes
        return is_prescribed or self.chart.took_class(wanted, self.day, ACTIVE_DAYS, self.at)

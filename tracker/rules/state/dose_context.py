"""The moment of an intake, with what was taken in the 24 hours up to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date as Date
from datetime import datetime
from functools import cached_property

from tracker.rules.history.calendar import age_on
from tracker.rules.medicines.catalog import LOW_DOSE_ASPIRIN_MG, DrugClass
from tracker.rules.state.episode_state import EpisodeState
from tracker.rules.thresholds import Number

ACTIVE_DAYS = 7


class DoseContext:
    def __init__(self, state: EpisodeState, at: datetime) -> None:
        self.state = state
        self.at = at
        self.day = state.calendar.day_of(at)
        self.rolling = state.intakes.rolling(at)
        self.plan = state.medicines.on(self.day)
        self.systemic = [
            (dose, ingredient)
            for dose in self.rolling
            for ingredient in dose.ingredients
            if ingredient.is_systemic
        ]

    @cached_property
    def age(self) -> int | None:
        birth_date = self.state.patient.birth_date
        return None if birth_date is None else age_on(Date.fromordinal(self.day), birth_date)

    @cached_property
    def sums(self) -> dict[str, Number]:
        """Milligrams per base, over all products."""
        sums: dict[str, Number] = defaultdict(int)
        for _, ingredient in self.systemic:
            sums[ingredient.base] += ingredient.mg or 0
        return sums

    def bases_of(self, wanted: DrugClass) -> list[str]:
        """The ingredients of a class taken, in order of name."""
        return self._bases.get(wanted, [])

    @property
    def classes(self) -> Collection[DrugClass]:
        return self._bases.keys()

    @cached_property
    def _bases(self) -> dict[DrugClass, list[str]]:
        known = {(d.known.drug_class, d.base) for _, d in self.systemic if d.known}
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
        return self.state.took_class(DrugClass.OPIOID, self.day, 1, self.at)

    @property
    def is_full_aspirin(self) -> bool:
        return self.sums.get("aspirin", 0) > LOW_DOSE_ASPIRIN_MG

    def is_active(self, wanted: DrugClass) -> bool:
        """Prescribed in the plan, or taken in the last seven local days."""
        is_prescribed = wanted in self.plan.prescribed_classes
        return is_prescribed or self.state.took_class(wanted, self.day, ACTIVE_DAYS, self.at)

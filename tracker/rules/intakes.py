"""A medicine taken, as the rules see it: bases, classes, systemic or not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tracker.rules.medicines import (
    INGREDIENTS,
    PATCH_ROUTES,
    UNCOUNTED_OPIOID,
    DrugClass,
    Ingredient,
    base_mg,
    base_of,
    is_systemic,
    least_hours,
    mme_of,
)
from tracker.rules.records import Dose, MedicationIntake
from tracker.rules.thresholds import Number, exact

ROLLING = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TakenDose:
    """One ingredient of an intake."""

    base: str
    mg: Number | None
    ingredient: Ingredient | None
    is_systemic: bool
    #: Morphine equivalents; None for no opioid, or for one without a factor.
    mme: Number | None
    lacks_factor: bool
    is_patch: bool
    #: The label's least interval between OTC doses.
    least_hours: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    at: datetime
    day: int
    #: Without case, for comparing.
    product: str
    is_prescribed: bool
    doses: tuple[TakenDose, ...]
    #: Of systemic doses only.
    classes: frozenset[DrugClass]
    bases: frozenset[str]

    @classmethod
    def of(cls, intake: MedicationIntake, day: int) -> Taken:
        names = " + ".join(sorted(dose.name for dose in intake.ingredients))
        product = " ".join((intake.product or names).casefold().split())
        doses = tuple(_dose(dose, intake.route, product) for dose in intake.ingredients)
        known = [(d.ingredient.drug_class, d.is_systemic) for d in doses if d.ingredient]
        return cls(
            at=intake.at.astimezone(UTC),
            day=day,
            product=product,
            is_prescribed=intake.prescribed,
            doses=doses,
            classes=frozenset(drug_class for drug_class, systemic in known if systemic),
            bases=frozenset(dose.base for dose in doses),
        )


class Intakes:
    """Everything taken, in order of time."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._taken: list[Taken] = []
        self._classes: Counter[DrugClass] = Counter()

    def include(self, wanted: DrugClass) -> bool:
        """Whether a systemic medicine of a class was ever taken."""
        return self._classes[wanted] > 0

    def add(self, taken: Taken) -> None:
        position = bisect_right(self._times, taken.at)
        self._times.insert(position, taken.at)
        self._taken.insert(position, taken)
        self._classes.update(taken.classes)

    def remove(self, taken: Taken) -> None:
        position = bisect_left(self._times, taken.at)
        while self._taken[position] is not taken:
            position += 1
        del self._times[position], self._taken[position]
        self._classes.subtract(taken.classes)

    def rolling(self, at: datetime, length: timedelta = ROLLING) -> list[Taken]:
        """What was taken in (at - length, at]."""
        first = bisect_right(self._times, at - length)
        return self._taken[first : bisect_right(self._times, at)]

    def times_from(self, at: datetime) -> list[datetime]:
        """The times in [at, at + 24 h): those whose rolling sums a dose at `at` is in."""
        first = bisect_left(self._times, at)
        return self._times[first : bisect_left(self._times, at + ROLLING)]


@lru_cache(maxsize=4096)
def _dose(dose: Dose, route: str, product: str) -> TakenDose:
    base = base_of(dose.name)
    ingredient = INGREDIENTS.get(base)
    mg = None if dose.mg is None else base_mg(dose.name, exact(dose.mg))
    rate = None if dose.mcg_per_hour is None else exact(dose.mcg_per_hour)
    is_patch = rate is not None or route in PATCH_ROUTES
    systemic = is_systemic(ingredient, route, is_patch=is_patch)
    is_opioid = ingredient is not None and ingredient.drug_class is DrugClass.OPIOID
    mme = mme_of(ingredient, route, mg, rate) if ingredient and is_opioid and systemic else None
    return TakenDose(
        base=base,
        mg=mg,
        ingredient=ingredient,
        is_systemic=systemic,
        mme=mme,
        lacks_factor=is_opioid and systemic and mme is None and base != UNCOUNTED_OPIOID,
        is_patch=is_patch,
        least_hours=least_hours(base, mg, product),
    )

"""Doses taken, as the rules read them: bases, classes, systemic or not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tracker.rules.history.records import Dose, MedicationIntake
from tracker.rules.medicines.catalog import (
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
from tracker.rules.thresholds import Number, exact

ROLLING = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TakenIngredient:
    """One ingredient of an intake."""

    base: str
    mg: Number | None
    #: Its row in the catalog; None where the rules do not count it.
    known: Ingredient | None
    is_systemic: bool
    #: Morphine equivalents; None for no opioid, or for one without a factor.
    mme: Number | None
    lacks_factor: bool
    is_patch: bool
    #: The label's least interval between OTC doses.
    least_hours: int | None


@dataclass(frozen=True, slots=True, eq=False)
class TakenDose:
    at: datetime
    day: int
    #: Without case, for comparing.
    product: str
    is_prescribed: bool
    ingredients: tuple[TakenIngredient, ...]
    #: Of systemic doses only.
    classes: frozenset[DrugClass]
    bases: frozenset[str]
    #: What was logged.
    intake: MedicationIntake

    @classmethod
    def of(cls, intake: MedicationIntake, day: int) -> TakenDose:
        names = " + ".join(sorted(ingredient.name for ingredient in intake.ingredients))
        product = " ".join((intake.product or names).casefold().split())
        ingredients = tuple(_ingredient(each, intake.route, product) for each in intake.ingredients)
        known = [(each.known.drug_class, each.is_systemic) for each in ingredients if each.known]
        return cls(
            at=intake.at.astimezone(UTC),
            day=day,
            product=product,
            is_prescribed=intake.prescribed,
            ingredients=ingredients,
            classes=frozenset(drug_class for drug_class, systemic in known if systemic),
            bases=frozenset(ingredient.base for ingredient in ingredients),
            intake=intake,
        )

    @property
    def is_fentanyl_patch(self) -> bool:
        return any(each.base == "fentanyl" and each.is_patch for each in self.ingredients)

    def again(self, at: datetime, day: int) -> TakenDose:
        """The same medicine, taken at another time."""
        return TakenDose(
            at=at,
            day=day,
            product=self.product,
            is_prescribed=self.is_prescribed,
            ingredients=self.ingredients,
            classes=self.classes,
            bases=self.bases,
            intake=self.intake,
        )


class Intakes:
    """Everything taken, in order of time."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._doses: list[TakenDose] = []
        self._classes: Counter[DrugClass] = Counter()

    def include(self, wanted: DrugClass) -> bool:
        """Whether a systemic medicine of a class was ever taken."""
        return self._classes[wanted] > 0

    def add(self, dose: TakenDose) -> None:
        position = bisect_right(self._times, dose.at)
        self._times.insert(position, dose.at)
        self._doses.insert(position, dose)
        self._classes.update(dose.classes)

    def remove(self, dose: TakenDose) -> None:
        position = bisect_left(self._times, dose.at)
        while self._doses[position] is not dose:
            position += 1
        del self._times[position], self._doses[position]
        self._classes.subtract(dose.classes)

    def rolling(self, at: datetime, length: timedelta = ROLLING) -> list[TakenDose]:
        """What was taken in (at - length, at]."""
        first = bisect_right(self._times, at - length)
        return self._doses[first : bisect_right(self._times, at)]

    def times_from(self, at: datetime) -> list[datetime]:
        """The times in [at, at + 24 h): those whose rolling sums a dose at `at` is in."""
        first = bisect_left(self._times, at)
        return self._times[first : bisect_left(self._times, at + ROLLING)]


@lru_cache(maxsize=4096)
def _ingredient(logged: Dose, route: str, product: str) -> TakenIngredient:
    base = base_of(logged.name)
    known = INGREDIENTS.get(base)
    mg = None if logged.mg is None else base_mg(logged.name, exact(logged.mg))
    rate = None if logged.mcg_per_hour is None else exact(logged.mcg_per_hour)
    is_patch = rate is not None or route in PATCH_ROUTES
    systemic = is_systemic(known, route, is_patch=is_patch)
    is_opioid = known is not None and known.drug_class is DrugClass.OPIOID
    mme = mme_of(known, route, mg, rate) if known and is_opioid and systemic else None
    return TakenIngredient(
        base=base,
        mg=mg,
        known=known,
        is_systemic=systemic,
        mme=mme,
        lacks_factor=is_opioid and systemic and mme is None and base != UNCOUNTED_OPIOID,
        is_patch=is_patch,
        least_hours=least_hours(base, mg, product),
    )

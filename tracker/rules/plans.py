"""The medicines of the plan, as they are in force on one day or another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracker.rules.medicines import (
    INGREDIENTS,
    NOT_BACK_CARE,
    DrugClass,
    Ingredient,
    base_mg,
    base_of,
    is_systemic,
)
from tracker.rules.records import PlannedDose, PlannedMeasure
from tracker.rules.thresholds import Number, exact

#: A systemic ingredient; None where it is not one that is counted.
PlannedMedicine = tuple[PlannedMeasure, PlannedDose, Ingredient | None]


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """What the plan says on a day; what is waived is not in it."""

    doses: tuple[PlannedDose, ...]
    classes: frozenset[DrugClass]
    prescribed_classes: frozenset[DrugClass]
    #: By base, the daily maximum of each prescription in mg of it.
    prescriptions: dict[str, list[Number | None]]

    @classmethod
    def of(cls, medicines: Iterable[PlannedMedicine]) -> InForce:
        medicines = list(medicines)
        prescriptions: dict[str, list[Number | None]] = defaultdict(list)
        for measure, dose, _ in medicines:
            if measure.prescribed:
                prescriptions[base_of(dose.name)].append(_most(dose))
        known = [(i.drug_class, measure.prescribed) for measure, _, i in medicines if i]
        return cls(
            doses=tuple(dose for _, dose, _ in medicines),
            classes=frozenset(drug_class for drug_class, _ in known),
            prescribed_classes=frozenset(drug_class for drug_class, is_rx in known if is_rx),
            prescriptions=dict(prescriptions),
        )


class MedicinePlan:
    def __init__(self, plan: Sequence[PlannedMeasure]) -> None:
        #: Medicines for the back, waived ones too, with their bases: no anticoagulants.
        self.for_back = [(m, bases_of(m)) for m in plan if _is_for_back(m)]
        self._medicines = list(_systemic(plan))
        self._days: dict[int, InForce] = {}
        self._taken_with: dict[frozenset[str], list[PlannedMeasure]] = {}

    def taken_with(self, bases: frozenset[str]) -> list[PlannedMeasure]:
        """Medicines for the back, planned for any day, that an intake of these holds."""
        if bases not in self._taken_with:
            self._taken_with[bases] = [m for m, wanted in self.for_back if wanted <= bases]
        return self._taken_with[bases]

    def on(self, day: int) -> InForce:
        if day not in self._days:
            self._days[day] = InForce.of(m for m in self._medicines if is_planned(m[0], day))
        return self._days[day]


def is_planned(measure: PlannedMeasure, day: int) -> bool:
    """Whether a day lies in the period of a planned measure, both ends counting."""
    first, last = measure.from_date, measure.until_date
    return (first is None or first.toordinal() <= day) and (last is None or day <= last.toordinal())


@lru_cache(maxsize=1024)
def bases_of(measure: PlannedMeasure) -> frozenset[str]:
    return frozenset(base_of(dose.name) for dose in measure.ingredients)


def _is_for_back(measure: PlannedMeasure) -> bool:
    known = [INGREDIENTS[base] for base in bases_of(measure) if base in INGREDIENTS]
    is_for_another_reason = known and all(i.drug_class in NOT_BACK_CARE for i in known)
    return measure.measure == "medication" and not is_for_another_reason


def _systemic(plan: Iterable[PlannedMeasure]) -> Iterator[PlannedMedicine]:
    for measure in plan:
        for dose in measure.ingredients if measure.waived is None else ():
            ingredient = INGREDIENTS.get(base_of(dose.name))
            is_patch = dose.mcg_per_hour is not None
            if is_systemic(ingredient, measure.route, is_patch=is_patch):
                yield measure, dose, ingredient


def _most(dose: PlannedDose) -> Number | None:
    most = dose.max_mg_per_day
    return None if most is None else base_mg(dose.name, exact(most))

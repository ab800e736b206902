"""The medicines of the plan, as they are in force on one day or another."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracker.rules.history.documents import PlannedDose, PlannedMeasure
from tracker.rules.measures import MEDICATION
from tracker.rules.medicines.catalog import (
    ANALGESIC,
    INGREDIENTS,
    NOT_BACK_CARE,
    DrugClass,
    Ingredient,
    base_mg,
    base_of,
    is_systemic,
)
from tracker.rules.thresholds import Number, exact

#: A systemic ingredient; None where it is not one that is counted.
PlannedMedicine = tuple[PlannedMeasure, PlannedDose, Ingredient | None]


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """What the plan says on a day; what is waived is not in it."""

    ingredients: tuple[PlannedDose, ...]
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
            ingredients=tuple(dose for _, dose, _ in medicines),
            classes=frozenset(drug_class for drug_class, _ in known),
            prescribed_classes=frozenset(drug_class for drug_class, is_rx in known if is_rx),
            prescriptions=dict(prescriptions),
        )


class MedicinePlan:
    """What holds on a day is worked out once for all days between two changes of the plan."""

    def __init__(self, plan: Sequence[PlannedMeasure]) -> None:
        #: Medicines for the back, waived ones too, with their bases: no anticoagulants.
        self.for_back = [(m, bases_of(m)) for m in plan if _is_for_back(m)]
        self._medicines = list(_systemic(plan))
        self._changes = sorted(_changes(plan))
        self._in_force: dict[int, InForce] = {}
        self._as_needed: dict[tuple[int, frozenset[str]], bool] = {}

    def on(self, day: int) -> InForce:
        span = bisect_right(self._changes, day)
        if span not in self._in_force:
            in_force = (m for m in self._medicines if is_planned(m[0], day))
            self._in_force[span] = InForce.of(in_force)
        return self._in_force[span]

    def is_as_needed(self, bases: frozenset[str], day: int) -> bool:
        """Whether an intake of these is planned as needed, or an analgesic nobody planned.

        Whatever the route: a gel is an analgesic too.
        """
        key = bisect_right(self._changes, day), bases
        if key not in self._as_needed:
            planned = [m for m, wanted in self.for_back if wanted <= bases and is_planned(m, day)]
            self._as_needed[key] = (
                any(measure.doses_per_day is None for measure in planned)
                if planned
                else any(_is_analgesic(base) for base in bases)
            )
        return self._as_needed[key]


def _changes(plan: Iterable[PlannedMeasure]) -> Iterator[int]:
    """The days from which the plan is another one."""
    for measure in plan:
        if measure.from_date is not None:
            yield measure.from_date.toordinal()
        if measure.until_date is not None:
            yield measure.until_date.toordinal() + 1


def _is_analgesic(base: str) -> bool:
    return base in INGREDIENTS and INGREDIENTS[base].drug_class in ANALGESIC


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
    return measure.measure == MEDICATION.name and not is_for_another_reason


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

"""Section 6: how much of one ingredient, from how many products, for how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from tracker.rules.medicines.catalog import INGREDIENTS, DrugClass, not_counted
from tracker.rules.medicines.intakes import TakenDose
from tracker.rules.messages import OVER_LIMIT, POISON_CONTROL, brief, listed, plain
from tracker.rules.results import Evidence, Priority
from tracker.rules.rule import DoseRule, Needs, RuleResult
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.state.episode_state import EpisodeState
from tracker.rules.thresholds import Number, Thresholds

ADULT_AGE = 18
OTC_DAYS = 14
_CLEARS = "Clears after 7 known days on which no intake makes it true."
_CLEARS_P1 = _CLEARS + " At P1 only a clinician closes it."
_CANNOT_SEE = "Medicines that were not logged, or logged under a name that is not counted."


def med_dose(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """More of an ingredient in 24 hours than its prescription or its label allows (P2).

    P1 above 4000 mg of acetaminophen or aspirin, 3200 of ibuprofen or 1500 of naproxen.
    Summed over all products, because the second one is usually a cold remedy. Adults only:
    the limits are for adults. Section 6: labels [V]; 3200 mg [K].
    """
    if context.age is not None and context.age < ADULT_AGE:
        return None
    over = [(base, limit) for base in sorted(context.sums) if (limit := _exceeded(context, base))]
    if not over:
        return None
    in_danger = [base for base, _ in over if _is_dangerous(base, context.sums[base])]
    sums: Evidence = {base: plain(context.sums[base]) for base, _ in over}
    return RuleResult(
        priority=Priority.P1 if in_danger else Priority.P2,
        explanation="; ".join(
            f"{brief(context.sums[base])} mg of {base} in 24 hours, limit {brief(limit)} mg"
            for base, limit in over
        )
        + ".",
        evidence={
            "mg_in_24_hours": sums,
            "limit_mg": {base: plain(limit) for base, limit in over},
            "danger_mg": {base: _danger(base) for base, _ in over},
        },
        missing=(*_unknown_age(context), *_uncounted(context)),
        patient_text=_advice([base for base, _ in over], in_danger),
    )


def limit_of(context: DoseContext, base: str) -> Number | None:
    """The daily limit in mg of base; None is not tested."""
    ingredient = INGREDIENTS.get(base)
    table = ingredient.limits if ingredient else None
    prescriptions = context.plan.prescriptions.get(base, [])
    named = [most for most in prescriptions if most is not None]
    if base == "acetaminophen" and table is not None:
        return min([table.otc, max(named)]) if named else table.otc
    if named:
        return max(named)
    if table is None:
        return None
    return table.prescription if prescriptions else table.otc


def med_dup(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """The same ingredient from two products in 24 hours: often without the patient knowing.

    Section 6 [K]; priority [P].
    """
    if len({dose.product for dose in context.rolling}) < 2:
        return None
    products: dict[str, set[str]] = defaultdict(set)
    for dose, ingredient in context.systemic:
        if ingredient.known is not None:
            products[ingredient.base].add(dose.product)
    twice = {base: names for base, names in sorted(products.items()) if len(names) > 1}
    if not twice:
        return None
    return RuleResult(
        priority=Priority.P4,
        explanation="; ".join(
            f"{base} from {len(names)} products: {listed(sorted(names))}"
            for base, names in twice.items()
        )
        + ".",
        evidence={"products": {base: sorted(names) for base, names in twice.items()}},
        missing=_uncounted(context),
    )


def med_otc10(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An over-the-counter pain reliever of one class on 11 of 14 local days.

    Silent where a medicine of the class is prescribed. The label says ten days; pain that
    needs more should be seen. Section 6: 10 days [V]; 11 of 14 [P].
    """
    used = {
        drug_class: days
        for drug_class in (DrugClass.NSAID, DrugClass.ACETAMINOPHEN)
        if (days := _otc_days(context, drug_class)) >= thresholds.otc_days
    }
    if not used:
        return None
    return RuleResult(
        priority=Priority.P3,
        explanation="; ".join(f"OTC {name} on {days} of 14 days" for name, days in used.items())
        + ".",
        evidence={
            "days": {name.value: days for name, days in used.items()},
            "least_days": thresholds.otc_days,
            "of_days": OTC_DAYS,
        },
    )


def _advice(over: list[str], in_danger: list[str]) -> str:
    text = POISON_CONTROL if in_danger else OVER_LIMIT
    return text.format(name=listed(in_danger or over))


def _exceeded(context: DoseContext, base: str) -> Number | None:
    limit = limit_of(context, base)
    return limit if limit is not None and context.sums[base] > limit else None


def _is_dangerous(base: str, total: Number) -> bool:
    danger = _danger(base)
    return danger is not None and total > danger


def _danger(base: str) -> int | None:
    ingredient = INGREDIENTS.get(base)
    return ingredient.limits.danger if ingredient and ingredient.limits else None


def _otc_days(context: DoseContext, wanted: DrugClass) -> int:
    """Distinct local days of the fourteen that end on this one; 0 with a prescription."""
    state = context.state
    if not state.intakes.include(wanted) or wanted in context.plan.prescribed_classes:
        return 0
    before = state.prefix_sums.total(context.day - OTC_DAYS + 1, context.day - 1, _took_otc, wanted)
    return before + _took_otc(state, context.day, wanted, context.at)


def _took_otc(
    state: EpisodeState, day: int, wanted: DrugClass, until: datetime | None = None
) -> bool:
    return any(
        wanted in dose.classes
        and not dose.is_prescribed
        and (until is None or dose.at <= until)
        and _relieves(state, dose, wanted)
        for dose in state.day(day).doses
    )


def _relieves(state: EpisodeState, dose: TakenDose, wanted: DrugClass) -> bool:
    """Aspirin for the heart, alone or with what is no NSAID, relieves no pain."""
    bases = {d.base for d in dose.ingredients if d.known and d.known.drug_class is wanted}
    return bases != {"aspirin"} or DoseContext(state, dose.at).is_full_aspirin


def _uncounted(context: DoseContext) -> tuple[str, ...]:
    return tuple(f"{name}: not counted" for name in not_counted(_names(context)))


def _names(context: DoseContext) -> Iterable[str]:
    return (ingredient.base for dose in context.rolling for ingredient in dose.ingredients)


def _unknown_age(context: DoseContext) -> tuple[str, ...]:
    return ("date of birth",) if context.age is None else ()


MED_DOSE = DoseRule(
    id="MED-DOSE",
    title="More than the daily limit",
    priorities="P2; P1 above the dangerous dose",
    evaluate=med_dose,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS_P1,
    cannot_see=_CANNOT_SEE,
    sources=(
        "ibuprofen 1200 mg: NDC 66267-115 [V]; 3200 mg [K label]",
        "naproxen sodium 660 mg: NDC 43598-058 [V]; naproxen 1000, 1500 mg: label copy [V]",
        "acetaminophen 4000 mg: getreliefresponsibly.com [V]",
        "aspirin 3900 mg: goodrx.com [V]; 4000 mg: Walgreens [V]",
    ),
)
MED_DUP = DoseRule(
    id="MED-DUP",
    title="Same ingredient from two products",
    priorities="P4",
    evaluate=med_dup,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=("OTC labels warn of other products with the same ingredient [K]", "Priority [P]"),
)
MED_OTC10 = DoseRule(
    id="MED-OTC10",
    title="OTC pain reliever for more than ten days",
    priorities="P3",
    evaluate=med_otc10,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(
        "Labels of ibuprofen, naproxen, acetaminophen: more than 10 days, ndclist.com [V]",
        "11 of 14 days: proposal [P]",
    ),
)

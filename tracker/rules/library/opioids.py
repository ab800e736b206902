"""Section 6: how much opioid, with what else, and for how long.

Morphine equivalents are for caution only, never a dose for switching.
"""

from __future__ import annotations

from tracker.rules.medicines.catalog import SEDATING, DrugClass
from tracker.rules.messages import SAME_DAY, brief, listed, plain
from tracker.rules.results import Evidence, Priority
from tracker.rules.rule import DoseRule, Needs, RuleResult
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.thresholds import Number, Thresholds, exact

_CDC = "CDC 2022, MMWR Recomm Rep 2022;71(3), conversion factors [V]"
_CLEARS = "Clears after 7 known days on which no intake makes it true."
_BY_CLINICIAN = "Never by itself: a clinician closes it."
_CANNOT_SEE = "Medicines that were not logged, and a patch that is still worn but not logged today."


def med_mme50(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """50 morphine equivalents or more in 24 hours: CDC's point for caution (P2).

    Silent up to the dose that a clinician has acknowledged. Section 6: factors [V]; 50 [K].
    """
    return _mme(context, thresholds.mme_caution, Priority.P2)


def med_mme90(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """90 morphine equivalents or more in 24 hours: a local policy, no longer CDC's (P1).

    Silent up to the dose that a clinician has acknowledged. Section 6: factors [V]; 90 [K].
    """
    return _mme(context, thresholds.mme_high, Priority.P1)


def med_mme_unk(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An opioid or a route without a factor: the daily dose cannot be computed (P4).

    Buprenorphine has none by design: it is shown and opens nothing. Section 6 [K].
    """
    unknown = sorted(
        {ingredient.base for _, ingredient in context.systemic if ingredient.lacks_factor}
    )
    if not unknown:
        return None
    return RuleResult(
        priority=Priority.P4,
        explanation=f"Morphine equivalents cannot be computed for {listed(unknown)} as taken.",
        evidence={"opioids": [*unknown], "mme_without_them": plain(mme(context))},
        missing=tuple(f"factor for {name}" for name in unknown),
    )


def med_opi_bzd(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An opioid and a benzodiazepine within 24 hours: together they stop breathing (P1).

    Section 6: boxed warning [V].
    """
    opioids = context.bases_of(DrugClass.OPIOID)
    benzodiazepines = context.bases_of(DrugClass.BENZODIAZEPINE)
    if not (opioids and benzodiazepines):
        return None
    return RuleResult(
        priority=Priority.P1,
        explanation=f"{listed([*opioids, *benzodiazepines]).capitalize()} within 24 hours.",
        evidence={"opioids": [*opioids], "benzodiazepines": [*benzodiazepines]},
        patient_text=SAME_DAY,
    )


def med_opi_sed(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An opioid with a muscle relaxant, gabapentinoid, sleep drug or alcohol in 24 hours (P2).

    Section 6: CDC 2022, Recommendation 11 [K].
    """
    opioids = context.bases_of(DrugClass.OPIOID)
    sedatives = sorted(base for each in SEDATING for base in context.bases_of(each))
    if not (opioids and sedatives):
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=f"{listed([*opioids, *sedatives]).capitalize()} within 24 hours.",
        evidence={"opioids": [*opioids], "sedatives": [*sedatives]},
    )


def med_opi_7(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An opioid on more than 7 days of a new course: none in the 90 days before its first.

    The days need not follow each other. Section 6: more than 7 days [K]; 90 days [P].
    """
    day_of_course = context.state.opioid_courses.number(context.day)
    if "long_term_opioid" in context.state.conditions or not context.took_opioid_today:
        return None
    if day_of_course <= thresholds.opioid_course_days:
        return None
    return RuleResult(
        priority=Priority.P3,
        explanation=f"An opioid on {day_of_course} days of a new course.",
        evidence={"opioid_days": day_of_course, "most_days": thresholds.opioid_course_days},
    )


def mme(context: DoseContext) -> Number:
    """Morphine equivalents of the last 24 hours, of what has a factor."""
    return sum(
        (ingredient.mme for _, ingredient in context.systemic if ingredient.mme is not None),
        start=0,
    )


def _mme(context: DoseContext, threshold: Number, priority: Priority) -> RuleResult | None:
    total, accepted = mme(context), context.state.patient.mme_acknowledged
    if total < threshold or (accepted is not None and total <= exact(accepted)):
        return None
    evidence: Evidence = {
        "mme": plain(total),
        "threshold": plain(threshold),
        "mme_acknowledged": accepted,
        "opioids": [*context.bases_of(DrugClass.OPIOID)],
    }
    uncounted = sorted(
        {
            d.base
            for _, d in context.systemic
            if d.mme is None and d.known and d.known.drug_class is DrugClass.OPIOID
        }
    )
    return RuleResult(
        priority=priority,
        explanation=f"{brief(total)} morphine milligram equivalents in 24 hours.",
        evidence=evidence,
        missing=tuple(f"{name}: not counted" for name in uncounted),
        patient_text=SAME_DAY if priority is Priority.P1 else None,
    )


MED_MME50 = DoseRule(
    id="MED-MME50",
    title="50 morphine equivalents",
    priorities="P2",
    evaluate=med_mme50,
    only_with=DrugClass.OPIOID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(_CDC, "50 MME: Recommendation 4 [K]"),
)
MED_MME90 = DoseRule(
    id="MED-MME90",
    title="90 morphine equivalents",
    priorities="P1",
    evaluate=med_mme90,
    only_with=DrugClass.OPIOID,
    needs=Needs.KNOWN_DAY,
    clears_when=_BY_CLINICIAN,
    cannot_see=_CANNOT_SEE,
    sources=(_CDC, "90 MME: 2016, not a 2022 threshold; local policy [K]"),
)
MED_MME_UNK = DoseRule(
    id="MED-MME-UNK",
    title="Morphine equivalents unknown",
    priorities="P4",
    evaluate=med_mme_unk,
    only_with=DrugClass.OPIOID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(_CDC, "An unlisted drug or route cannot be computed [P]"),
)
MED_OPI_BZD = DoseRule(
    id="MED-OPI-BZD",
    title="Opioid with a benzodiazepine",
    priorities="P1",
    evaluate=med_opi_bzd,
    only_with=DrugClass.OPIOID,
    needs=Needs.KNOWN_DAY,
    clears_when=_BY_CLINICIAN,
    cannot_see=_CANNOT_SEE,
    sources=("FDA boxed warning, NGC note [V]", "CDC 2022, Recommendation 11 [K]"),
)
MED_OPI_SED = DoseRule(
    id="MED-OPI-SED",
    title="Opioid with another sedative",
    priorities="P2",
    evaluate=med_opi_sed,
    only_with=DrugClass.OPIOID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=("CDC 2022, Recommendation 11: other CNS depressants [K]",),
)
MED_OPI_7 = DoseRule(
    id="MED-OPI-7",
    title="Opioid for more than seven days",
    priorities="P3",
    evaluate=med_opi_7,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE + " Opioids before the diary began.",
    sources=(">7 days: 2016 and state law, local policy [K]", "90 days without: proposal [P]"),
)

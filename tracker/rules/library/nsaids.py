"""Section 6: NSAIDs together, with blood thinners, and in those whom they harm."""

from __future__ import annotations

from tracker.rules.medicines.catalog import LOW_DOSE_ASPIRIN_MG, DrugClass
from tracker.rules.messages import listed, plain
from tracker.rules.results import Priority
from tracker.rules.rule import DoseRule, Needs, RuleResult
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.thresholds import Thresholds

RISKY_CONDITIONS = (
    "ulcer_or_gi_bleed",
    "chronic_kidney_disease",
    "heart_failure",
    "cirrhosis",
)
_LABEL = "NSAID label warnings, dailymed setid 17331594-e332-4ada-9b6b-3805d92f0e98 [V]"
_CLEARS = "Clears after 7 known days on which no intake makes it true."
_CANNOT_SEE = "Medicines and illnesses that were not entered, and gels that are used heavily."


def med_nsaid2(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """Two different NSAIDs in 24 hours: more harm, no more relief.

    Aspirin for the heart, up to 100 mg in 24 hours, does not count. Section 6: label [V];
    100 mg [P].
    """
    if len(context.nsaids) < 2:
        return None
    return RuleResult(
        priority=Priority.P3,
        explanation=f"Two NSAIDs in 24 hours: {listed(context.nsaids)}.",
        evidence={"nsaids": [*context.nsaids], "aspirin_mg": _aspirin(context)},
    )


def med_nsaid_ac(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """Any NSAID, aspirin of any dose included, with a blood thinner: bleeding.

    The thinner is prescribed in the plan, or was taken in the last 7 local days. Section 6:
    label [V]; 7 days [P].
    """
    nsaids = context.bases_of(DrugClass.NSAID)
    thinners = [
        each.value
        for each in (DrugClass.ANTICOAGULANT, DrugClass.ANTIPLATELET)
        if context.is_active(each)
    ]
    if not (nsaids and thinners):
        return None
    verb = "is" if len(thinners) == 1 else "are"
    active = " and an ".join(thinners)
    return RuleResult(
        priority=Priority.P2,
        explanation=f"{listed(nsaids).capitalize()} while an {active} {verb} active.",
        evidence={"nsaids": [*nsaids], "active": [*thinners]},
    )


def med_nsaid_risk(context: DoseContext, thresholds: Thresholds) -> RuleResult | None:
    """An NSAID in somebody whose stomach, kidneys, heart, liver or pregnancy it may harm.

    Also at 65 and over, or with a steroid; P2 from 20 weeks of pregnancy. Aspirin up to
    100 mg does not count. Section 6: label [V]; 65 instead of the label's 60 [P].
    """
    if not context.nsaids:
        return None
    conditions = context.state.conditions
    risks: list[str] = [name for name in RISKY_CONDITIONS if name in conditions]
    if "long_term_steroid" in conditions or context.is_active(DrugClass.STEROID):
        risks.append("steroid")
    if context.age is not None and context.age >= thresholds.risk_age:
        risks.append("age")
    is_pregnant = "pregnancy_20_weeks" in conditions
    if not (risks or is_pregnant):
        return None
    named = [*risks, *(["pregnancy_20_weeks"] if is_pregnant else [])]
    return RuleResult(
        priority=Priority.P2 if is_pregnant else Priority.P3,
        explanation=f"{listed(context.nsaids).capitalize()} with {listed(named)}.",
        evidence={
            "nsaids": [*context.nsaids],
            "risks": [*named],
            "age": context.age,
            "risk_age": thresholds.risk_age,
            "aspirin_mg": _aspirin(context),
        },
        missing=("date of birth",) if context.age is None else (),
    )


def _aspirin(context: DoseContext) -> dict[str, int | float]:
    taken = plain(context.sums.get("aspirin", 0))
    return {"taken": taken, "counts_above": LOW_DOSE_ASPIRIN_MG}


MED_NSAID2 = DoseRule(
    id="MED-NSAID2",
    title="Two NSAIDs",
    priorities="P3",
    evaluate=med_nsaid2,
    only_with=DrugClass.NSAID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(_LABEL, "Aspirin up to 100 mg excluded: proposal [P]"),
)
MED_NSAID_AC = DoseRule(
    id="MED-NSAID-AC",
    title="NSAID with a blood thinner",
    priorities="P2",
    evaluate=med_nsaid_ac,
    only_with=DrugClass.NSAID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(_LABEL, "Active: planned or taken in 7 days, proposal [P]"),
)
MED_NSAID_RISK = DoseRule(
    id="MED-NSAID-RISK",
    title="NSAID in a patient at risk",
    priorities="P3; P2 from 20 weeks of pregnancy",
    evaluate=med_nsaid_risk,
    only_with=DrugClass.NSAID,
    needs=Needs.KNOWN_DAY,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=(_LABEL, "Age 65 instead of the label's 60: proposal [P]"),
)

"""Section 7: a compress that burned."""

from __future__ import annotations

from tracker.rules.history.records import CompressUse
from tracker.rules.results import Priority
from tracker.rules.rule import CompressRule, Needs, RuleResult
from tracker.rules.thresholds import Thresholds


def th_burn(use: CompressUse, thresholds: Thresholds) -> RuleResult | None:
    """A blister, burn, white or numb skin after a hot or cold compress (P2).

    Section 7 [V custom-level]; priority [P].
    """
    if not use.skin_reaction:
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=f"Skin reaction after a {use.type} compress.",
        evidence={"type": use.type, "minutes": use.minutes, "skin_reaction": True},
        missing=("minutes",) if use.minutes is None else (),
        patient_text=(
            "Please do not put heat or cold on this skin until your clinic has seen it, "
            "and phone them if it blisters, hurts or stays white or numb."
        ),
    )


TH_BURN = CompressRule(
    id="TH-BURN",
    title="Skin reaction to a compress",
    priorities="P2",
    evaluate=th_burn,
    needs=Needs.KNOWN_DAY,
    clears_when="Clears after 7 known days without a skin reaction.",
    cannot_see="How bad it is, and skin that cannot feel.",
    sources=("Patient instructions of several clinics [V custom-level]", "Priority [P]"),
)

"""Rules and thresholds under a version.

A changed rule is a new function in a new version; the old one stays while a flag names
it. Adding a rule is one file in `library` and one line here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from functools import cached_property

from tracker.rules.history.documents import RulesetPeriod
from tracker.rules.history.history import History
from tracker.rules.history.validation import InvalidHistory
from tracker.rules.library.conservative import CC_EARLY, CC_FAIL, CC_INDET, CC_NOTTRIED
from tracker.rules.library.doses import MED_DOSE, MED_DUP, MED_OTC10
from tracker.rules.library.function import FUNC_LIMIT, FUNC_SEV, FUNC_UNABLE
from tracker.rules.library.nsaids import MED_NSAID2, MED_NSAID_AC, MED_NSAID_RISK
from tracker.rules.library.opioids import (
    MED_MME50,
    MED_MME90,
    MED_MME_UNK,
    MED_OPI_7,
    MED_OPI_BZD,
    MED_OPI_SED,
)
from tracker.rules.library.peg import PEG_DISC
from tracker.rules.library.red_flags import (
    RF_AAA,
    RF_CA,
    RF_CA2,
    RF_CARD,
    RF_CES,
    RF_FX,
    RF_GIB,
    RF_IBP,
    RF_INF,
    RF_MOTOR,
    RF_RESP,
)
from tracker.rules.library.relapse import RELAPSE
from tracker.rules.library.severity import SEV_DEBIL, SEV_SUST, WORSE
from tracker.rules.library.silence import DATA_GAP
from tracker.rules.library.surgery import SURG_CONSIDER
from tracker.rules.library.thermal import TH_BURN
from tracker.rules.rule import (
    AcuteRule,
    AnyRule,
    CloseRule,
    CompressRule,
    DoseRule,
    RedFlagRule,
)
from tracker.rules.thresholds import THRESHOLDS, Thresholds


@dataclass(frozen=True)
class Ruleset:
    version: str
    rules: tuple[AnyRule, ...]
    thresholds: Thresholds

    @cached_property
    def at_close(self) -> tuple[CloseRule | AcuteRule, ...]:
        return tuple(r for r in self.rules if isinstance(r, (CloseRule, AcuteRule)))

    @cached_property
    def acute(self) -> tuple[AcuteRule, ...]:
        return tuple(r for r in self.rules if isinstance(r, AcuteRule))

    @cached_property
    def of_doses(self) -> tuple[DoseRule, ...]:
        return tuple(r for r in self.rules if isinstance(r, DoseRule))

    @cached_property
    def of_checklists(self) -> tuple[RedFlagRule, ...]:
        return tuple(r for r in self.rules if isinstance(r, RedFlagRule))

    @cached_property
    def of_compresses(self) -> tuple[CompressRule, ...]:
        return tuple(r for r in self.rules if isinstance(r, CompressRule))

    @cached_property
    def by_id(self) -> dict[str, AnyRule]:
        return {rule.id: rule for rule in self.rules}

    def with_thresholds(self, thresholds: Thresholds) -> Ruleset:
        return replace(self, thresholds=thresholds)


#: Dates from which rulesets are in force, oldest first; the first holds before it too.
Timeline = Sequence[tuple[Date, Ruleset]]

RULESETS: dict[str, Ruleset] = {
    "2026.1": Ruleset(
        version="2026.1",
        rules=(
            RF_CES,
            RF_MOTOR,
            RF_FX,
            RF_INF,
            RF_CA,
            RF_CA2,
            RF_AAA,
            RF_CARD,
            RF_GIB,
            RF_RESP,
            RF_IBP,
            SEV_SUST,
            SEV_DEBIL,
            WORSE,
            FUNC_LIMIT,
            FUNC_SEV,
            FUNC_UNABLE,
            CC_EARLY,
            CC_FAIL,
            CC_NOTTRIED,
            CC_INDET,
            RELAPSE,
            PEG_DISC,
            SURG_CONSIDER,
            DATA_GAP,
            MED_DOSE,
            MED_DUP,
            MED_NSAID2,
            MED_NSAID_AC,
            MED_NSAID_RISK,
            MED_OTC10,
            MED_MME50,
            MED_MME90,
            MED_MME_UNK,
            MED_OPI_BZD,
            MED_OPI_SED,
            MED_OPI_7,
            TH_BURN,
        ),
        thresholds=THRESHOLDS,
    ),
}

#: What a clinic runs unless it says otherwise.
LIVE = RULESETS["2026.1"]

#: Every rule that a flag may name, whatever the version.
CATALOG: dict[str, AnyRule] = {
    rule.id: rule for ruleset in RULESETS.values() for rule in ruleset.rules
}


def timeline_of(history: History, ruleset: str | Ruleset | Timeline | None) -> Timeline:
    """Rulesets by the date they take effect, with this patient's own thresholds.

    A version that is named here replaces those that the history names; the numbers that the
    history dates, and the patient's own, hold under it as well.
    """
    if ruleset is None:
        ruleset = _recorded(history) or LIVE
    elif isinstance(ruleset, str):
        ruleset = _recorded(history, ruleset) or RULESETS[ruleset]
    rulesets = [(Date.min, ruleset)] if isinstance(ruleset, Ruleset) else ruleset
    return [(on, each.with_thresholds(_own_thresholds(history, each))) for on, each in rulesets]


def _recorded(history: History, version: str | None = None) -> Timeline:
    """What the history itself says was in force, with its numbers under `version`."""
    periods = sorted(enumerate(history.document.rulesets), key=lambda each: each[1].from_date)
    return [(p.from_date, _in_period(p, i, version or p.version)) for i, p in periods]


def _in_period(period: RulesetPeriod, position: int, version: str) -> Ruleset:
    if version not in RULESETS:
        raise InvalidHistory(f"rulesets[{position}].version", "No ruleset has this version")
    ruleset = RULESETS[version]
    return ruleset.with_thresholds(ruleset.thresholds.with_changes(period.thresholds))


def _own_thresholds(history: History, ruleset: Ruleset) -> Thresholds:
    changes = dict(history.document.thresholds)
    min_days = history.document.episode.conservative_min_days
    if min_days is not None:
        changes["conservative_min_days"] = min_days
    return ruleset.thresholds.with_changes(changes)

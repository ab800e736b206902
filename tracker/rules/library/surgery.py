"""SURG-CONSIDER: the packet for a surgical review."""

from __future__ import annotations

from tracker.rules.library.conservative import CC_FAIL
from tracker.rules.library.function import FUNC_LIMIT, FUNC_SEV, FUNC_UNABLE
from tracker.rules.library.severity import SEV_DEBIL, SEV_SUST, WORSE
from tracker.rules.messages import listed
from tracker.rules.results import Priority
from tracker.rules.rule import CloseRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds

_DISABLING = (SEV_SUST, SEV_DEBIL, WORSE, FUNC_LIMIT, FUNC_SEV, FUNC_UNABLE)


def surg_consider(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """CC-FAIL holds, and so does a rule of severe pain or of standing and walking.

    Any of SEV-SUST, SEV-DEBIL, WORSE, FUNC-LIMIT, FUNC-SEV, FUNC-UNABLE. Asks for a review of
    the whole case; it never says that an operation is needed. Sections 0 and 3: 6 weeks of
    care [V]; criteria (a) with (b) or (c) [P].
    """
    failing = CC_FAIL.evaluate(context, thresholds)
    if failing is None:
        return None
    results = {rule.id: rule.evaluate(context, thresholds) for rule in _DISABLING}
    also = {name: result.evidence for name, result in results.items() if result is not None}
    if not also:
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=f"{failing.explanation} Also true: {listed(also)}.",
        evidence={"CC-FAIL": failing.evidence, **also},
        missing=failing.missing,
    )


SURG_CONSIDER = CloseRule(
    id="SURG-CONSIDER",
    title="Consider a surgical review",
    priorities="P2",
    evaluate=surg_consider,
    needs=Needs.RESPONSE,
    clears_when="Clears after 7 evaluated days on which CC-FAIL or all the others are not true.",
    cannot_see=(
        "Imaging, examination, leg pain or what the patient wants. Isolated axial pain is a "
        "weak reason for surgery."
    ),
    sources=(
        "ACR Variant 3: persistent symptoms after 6 weeks of optimal management [V]",
        "NICE NG59: decompression for radicular pain when imaging agrees [V]",
        "Criteria (a) with (b) or (c): proposal [P]",
    ),
    is_muted_by_surgery=True,
)

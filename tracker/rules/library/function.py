"""Seed criterion (c): standing or walking is difficult."""

from __future__ import annotations

from tracker.rules.results import Priority
from tracker.rules.rule import AcuteRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds

UNABLE = 5
_SOURCES = ("Function scale of this project, bands not validated [P]",)
_CANNOT_SEE = "Days on which standing and walking were not tried, and limits by other illness."
_CLEARS = "Clears after 7 days with on-time standing or walking on which it is not true."


def func_limit(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Standing or walking at 3 or worse (under ten minutes) on 4 of 7 days, on time.

    Section 4, bands not validated [P].
    """
    levels = context.functions
    limited = sum(level is not None and level >= thresholds.function_limited for level in levels)
    if limited < thresholds.function_limited_days:
        return None
    return RuleResult(
        priority=Priority.P3,
        explanation=f"Standing or walking was under ten minutes on {limited} of the last 7 days.",
        evidence={
            "levels": levels[::-1],
            "limited_days": limited,
            "limited_level": thresholds.function_limited,
            "least_days": thresholds.function_limited_days,
            "function_floor": context.state.patient.function_floor,
        },
        missing=(f"standing or walking on {levels.count(None)} of 7 days",)
        if None in levels
        else (),
    )


def func_sev(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Standing or walking at 4 or worse (under five minutes) on two days running, on time.

    Section 4, bands not validated [P].
    """
    levels = [context.function(1), context.function()]
    if any(level is None or level < thresholds.function_severe for level in levels):
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation="Standing or walking was under five minutes on two days running.",
        evidence={
            "levels": levels,
            "severe_level": thresholds.function_severe,
            "function_floor": context.state.patient.function_floor,
        },
    )


def func_unable(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Could not stand, or could not walk (5), on an on-time entry.

    The patient is shown the red-flag checklist first; this is the call that follows.
    Section 4, bands not validated [P].
    """
    if context.function() != UNABLE:
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation="The patient could not stand or could not walk.",
        evidence={
            "level": UNABLE,
            "unable_level": UNABLE,
            "function_floor": context.state.patient.function_floor,
        },
    )


FUNC_LIMIT = AcuteRule(
    id="FUNC-LIMIT",
    title="Standing or walking limited on most days",
    priorities="P3",
    evaluate=func_limit,
    needs=Needs.FUNCTION,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

FUNC_SEV = AcuteRule(
    id="FUNC-SEV",
    title="Standing or walking severely limited",
    priorities="P2",
    evaluate=func_sev,
    needs=Needs.FUNCTION,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

FUNC_UNABLE = AcuteRule(
    id="FUNC-UNABLE",
    title="Could not stand or walk",
    priorities="P2",
    evaluate=func_unable,
    needs=Needs.FUNCTION,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
)

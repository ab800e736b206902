"""RELAPSE: care helped once, and no longer does."""

from __future__ import annotations

from datetime import date as Date

from tracker.rules.library.conservative import response_evidence
from tracker.rules.messages import mean, plain
from tracker.rules.results import Priority
from tracker.rules.rule import CloseRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds


def relapse(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Pain had fallen by 30 % and is back: 2 points above the best such week, and 4 or more.

    The best week ended on day 14 or later, and 7 days ago or earlier; this week is not 30 %
    better. Catches the patient whose first weeks looked like a success. Section 3: 2 points
    and 30 % [V]; the form [P].
    """
    if (
        context.week is None
        or context.baseline is None
        or context.week.value < thresholds.still_hurts
    ):
        return None
    if context.fell_by(thresholds.response_percent):
        return None
    best = context.weekly_means.best_response(
        context.day - thresholds.relapse_gap_days,
        thresholds.response_percent,
        thresholds.relapse_first_day,
    )
    if best is None or context.week.value < best[1].value + thresholds.relapse_points:
        return None
    day, week = best
    return RuleResult(
        priority=Priority.P3,
        explanation=(
            f"Average pain is {float(context.week.value):.1f}, up from {float(week.value):.1f} in "
            f"the best week, which ended on {Date.fromordinal(day)}."
        ),
        evidence=response_evidence(context, thresholds)
        | {
            "best_window_mean": mean(week.value),
            "best_window_day": context.episode.day_number(day),
            "relapse_points": plain(thresholds.relapse_points),
        },
    )


RELAPSE = CloseRule(
    id="RELAPSE",
    title="Pain has come back after a response",
    priorities="P3",
    evaluate=relapse,
    needs=Needs.RESPONSE,
    clears_when="Clears after 7 evaluated days nearer to the best week, or under 4 points.",
    cannot_see="A new injury, a change of work, or a medicine that was stopped on purpose.",
    sources=("Ostelo, Spine 2008;33:90-94: 2 points or 30 % [V]", "Form: proposal [P]"),
    is_muted_by_surgery=True,
)

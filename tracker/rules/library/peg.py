"""PEG-DISC: the weekly PEG and the daily diary tell different stories."""

from __future__ import annotations

from tracker.rules.history.records import PegScore
from tracker.rules.library.conservative import response_evidence
from tracker.rules.messages import plain
from tracker.rules.results import Priority
from tracker.rules.rule import CloseRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.weekly_means import percent_fallen
from tracker.rules.thresholds import Thresholds


def peg_disc(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """PEG and diary disagree: one of the two misleads.

    Either the newest PEG, at most 14 days old, is 1 point above the episode's first while
    pain fell by 30 %; or it is 30 % better while mean pain rose by 2 points. Section 3: PEG
    of 1 point [V]; 30 % of PEG [K].
    """
    if len(context.pegs) < 2 or context.week is None or context.baseline is None:
        return None
    (_, first), (newest_day, newest) = context.pegs[0], context.pegs[-1]
    if context.day - newest_day > thresholds.peg_max_age_days:
        return None
    rise = context.week.value - context.baseline.value
    # Sums of three items: a point in the mean is three in the sum.
    before, after = _sum(first), _sum(newest)
    is_worse = after - before >= 3 * thresholds.peg_worse_points
    is_better = percent_fallen(before, after, thresholds.peg_better_percent)
    disagrees = (is_worse and context.fell_by(thresholds.response_percent)) or (
        is_better and rise >= thresholds.response_points
    )
    if not disagrees:
        return None
    direction = "better" if is_worse else "worse"
    return RuleResult(
        priority=Priority.P3,
        explanation=(
            f"PEG went from {before / 3:.1f} to {after / 3:.1f} while daily pain got {direction}."
        ),
        evidence=response_evidence(context, thresholds)
        | {
            "peg_baseline": round(before / 3, 4),
            "peg_newest": round(after / 3, 4),
            "peg_age_days": context.day - newest_day,
            "peg_worse_points": plain(thresholds.peg_worse_points),
            "peg_better_percent": plain(thresholds.peg_better_percent),
            "peg_max_age_days": thresholds.peg_max_age_days,
        },
    )


def _sum(peg: PegScore) -> int:
    return peg.pain + peg.enjoyment + peg.activity


PEG_DISC = CloseRule(
    id="PEG-DISC",
    title="PEG and diary disagree",
    priorities="P3",
    evaluate=peg_disc,
    needs=Needs.RESPONSE,
    clears_when="Clears after 7 evaluated days on which PEG and diary agree.",
    cannot_see="Which of the two is right. PEG asks about the past week, the diary about a day.",
    sources=(
        "Krebs, J Gen Intern Med 2009;24:733-738 [K]",
        "PEG MID about 1, six trials, https://pmc.ncbi.nlm.nih.gov/articles/PMC10859144 [V]",
        "30 % of PEG [K]",
    ),
    is_muted_by_surgery=True,
)

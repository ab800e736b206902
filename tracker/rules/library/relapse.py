"""RELAPSE: care helped once, and no longer does."""

from __future__ import annotations

from datetime import date as Date

from tracker.rules.library.conservative import response_evidence
from tracker.rules.outcome import Priority
from tracker.rules.rule import CloseRule, Hit, Needs
from tracker.rules.thresholds import Thresholds
from tracker.rules.today import Today
from tracker.rules.wording import mean, plain


def relapse(today: Today, limits: Thresholds) -> Hit | None:
    """Pain had fallen by 30 % and is back: 2 points above the best such week, and 4 or more.

    The best week ended on day 14 or later, and 7 days ago or earlier; this week is not 30 %
    better. Catches the patient whose first weeks looked like a success. Section 3: 2 points
    and 30 % [V]; the form [P].
    """
    if today.week is None or today.baseline is None or today.week.value < limits.still_hurts:
        return None
    if today.fell_by(limits.response_percent):
        return None
    best = today.weeks.best_response(
        today.day - limits.relapse_gap_days, limits.response_percent, limits.relapse_first_day
    )
    if best is None or today.week.value < best[1].value + limits.relapse_points:
        return None
    day, week = best
    return Hit(
        priority=Priority.P3,
        because=(
            f"Average pain is {float(today.week.value):.1f}, up from {float(week.value):.1f} in "
            f"the best week, which ended on {Date.fromordinal(day)}."
        ),
        evidence=response_evidence(today, limits)
        | {
            "best_window_mean": mean(week.value),
            "best_window_day": today.episode.day_number(day),
            "relapse_points": plain(limits.relapse_points),
        },
    )


RELAPSE = CloseRule(
    id="RELAPSE",
    title="Pain has come back after a response",
    priorities="P3",
    judge=relapse,
    needs=Needs.RESPONSE,
    clears_when="Clears after 7 evaluated days nearer to the best week, or under 4 points.",
    cannot_see="A new injury, a change of work, or a medicine that was stopped on purpose.",
    sources=("Ostelo, Spine 2008;33:90-94: 2 points or 30 % [V]", "Form: proposal [P]"),
    is_muted_by_surgery=True,
)

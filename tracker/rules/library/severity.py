"""Seed criterion (b): pain so severe that it is debilitating."""

from __future__ import annotations

from tracker.rules.messages import mean, plain
from tracker.rules.results import Priority
from tracker.rules.rule import AcuteRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds

_CUT_POINTS = (
    "Boonstra 2016, n=2854: severe from 7 or 8 by interference [V]",
    "Zelman 2003, low back pain: cut points 5 and 8 [V]",
    "Jensen 2006: 7-10 severe [V]",
)


def sev_sust(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Severe pain on most days of a week, and still: 7 or more on 5 of 7 days on time.

    The newest on-time pain is among them and at most a day old. Section 3, cut points [V];
    five of seven days [P].
    """
    scores = context.pains
    severe = sum(score is not None and score >= thresholds.severe_pain for score in scores)
    newest = next(((b, score) for b, score in enumerate(scores) if score is not None), None)
    if newest is None or newest[0] > 1 or newest[1] < thresholds.severe_pain:
        return None
    if severe < thresholds.severe_days:
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=f"Pain was {thresholds.severe_pain} or more on {severe} of the last 7 days.",
        evidence={
            "scores": scores[::-1],
            "severe_days": severe,
            "severe_pain": thresholds.severe_pain,
            "least_days": thresholds.severe_days,
            "newest": newest[1],
            "newest_age_days": newest[0],
        },
        missing=_silent(scores),
    )


def sev_debil(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Pain of 8 or more on two days running, on time, and one of them without function.

    Without function: standing or walking at 4 or 5, sleep at 4, or activity at 4. Section 3,
    cut points [V]; two days and function [P].
    """
    scores = [context.pain(1), context.pain()]
    if any(score is None or score < thresholds.disabling_pain for score in scores):
        return None
    functions = [context.function(1), context.function()]
    sleeps = [context.entry(1).sleep, context.entry().sleep]
    activities = [context.entry(1).activity, context.entry().activity]
    if not (
        _reaches(functions, thresholds.disabling_function)
        or _reaches(sleeps, thresholds.disabling_sleep)
        or _reaches(activities, thresholds.disabling_activity)
    ):
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=(
            f"Pain was {scores[0]} and {scores[1]} on two days running, "
            "with sleep, activity, standing or walking all but gone."
        ),
        evidence={
            "scores": scores,
            "function": functions,
            "sleep": sleeps,
            "activity": activities,
            "disabling_pain": thresholds.disabling_pain,
            "disabling_function": thresholds.disabling_function,
            "disabling_sleep": thresholds.disabling_sleep,
            "disabling_activity": thresholds.disabling_activity,
        },
        missing=tuple(
            name
            for name, values in (
                ("standing and walking", functions),
                ("sleep", sleeps),
                ("activity", activities),
            )
            if None in values
        ),
    )


def worse(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """Three days running, on time, at least 2 points and 30 % above the week before them.

    Today's pain is 5 or more, and the week that ended three days ago is valid. Section 3,
    2 points or 30 % [V], mirrored [P].
    """
    before = context.week_ending(3)
    scores = [context.pain(2), context.pain(1), context.pain()]
    newest = scores[-1]
    if before is None or newest is None or newest < thresholds.worse_pain:
        return None
    usual = before.value
    least = max(usual + thresholds.worse_points, usual * (100 + thresholds.worse_percent) / 100)
    if any(score is None or score < least for score in scores):
        return None
    return RuleResult(
        priority=Priority.P2,
        explanation=(
            f"Pain was {scores[0]}, {scores[1]} and {scores[2]} on the last three days, "
            f"against an average of {float(usual):.1f} in the week before."
        ),
        evidence={
            "scores": list(scores),
            "window_mean_before": mean(usual),
            "window_entries": before.entries,
            "worse_points": plain(thresholds.worse_points),
            "worse_percent": plain(thresholds.worse_percent),
            "least_pain": thresholds.worse_pain,
        },
    )


def _reaches(levels: list[int | None], least: int) -> bool:
    return any(level is not None and level >= least for level in levels)


def _silent(scores: list[int | None]) -> tuple[str, ...]:
    silent = scores.count(None)
    return (f"on-time pain on {silent} of 7 days",) if silent else ()


SEV_SUST = AcuteRule(
    id="SEV-SUST",
    title="Severe pain on most days",
    priorities="P2",
    evaluate=sev_sust,
    needs=Needs.PAIN,
    clears_when="Clears after 7 days with an on-time entry on which fewer days are severe.",
    cannot_see="Days without an on-time entry, and why the pain is severe.",
    sources=(*_CUT_POINTS, "Five of seven days: proposal [P]"),
    is_muted_by_surgery=True,
)

SEV_DEBIL = AcuteRule(
    id="SEV-DEBIL",
    title="Debilitating pain",
    priorities="P2",
    evaluate=sev_debil,
    needs=Needs.PAIN,
    clears_when="Clears after 7 days with an on-time entry on which it is not true.",
    cannot_see="Whether poor sleep or inactivity has another cause.",
    sources=(*_CUT_POINTS, "Two days and function: proposal [P]"),
)

WORSE = AcuteRule(
    id="WORSE",
    title="Pain is clearly worse than last week",
    priorities="P2",
    evaluate=worse,
    needs=Needs.PAIN,
    clears_when="Clears after 7 days with an on-time entry on which it is not true.",
    cannot_see="What changed: an injury, a medicine that ran out, or a bad spell.",
    sources=("Ostelo, Spine 2008;33:90-94: 2 points or 30 % [V]", "Mirrored: proposal [P]"),
    is_muted_by_surgery=True,
)

"""Seed criterion (a): conservative treatment proves ineffective."""

from __future__ import annotations

from tracker.rules.care.adequate_trial import TrialStatus, adequate_trial
from tracker.rules.messages import mean, plain
from tracker.rules.results import Evidence, Priority
from tracker.rules.rule import CloseRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds

_SOURCES = (
    "ACR Appropriateness Criteria, Low Back Pain: little or no improvement after 6 weeks [V]",
    "Farrar, Pain 2001;94:149-158: 2 points or 30 % [V abstract; figures K]",
    "Ostelo, Spine 2008;33:90-94: 2 points or 30 % of baseline [V]",
    "Two windows together, and what counts as a trial, are proposals [P]",
)
_CANNOT_SEE = (
    "Why care did not help, whether imaging agrees, or care that was not logged. Enrolment when "
    "pain is at its worst makes the baseline high."
)


def is_without_response(context: DayContext) -> bool:
    """The condition that CC-FAIL, CC-NOTTRIED and CC-INDET share."""
    thresholds, before = context.thresholds, context.week_ending(7)
    if context.number < thresholds.conservative_min_days or context.baseline is None:
        return False
    if context.week is None or before is None:
        return False
    if not (context.is_no_response(context.week) and context.is_no_response(before)):
        return False
    median = context.function_median
    is_limited = median is not None and median >= thresholds.limiting_level
    return context.week.value >= thresholds.still_hurts or is_limited


def _failed_with(context: DayContext, status: TrialStatus) -> bool:
    return context.cached(is_without_response) and adequate_trial(context).status is status


def cc_early(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """A first look after four weeks: less than 10 % better, and a mean of 4 or more.

    Evaluated once, on the first of days 28 to 34 whose week is valid, and silent where care
    was not tried, so that the next visit can change the plan before six weeks are over.
    Section 3: 4 weeks and 10 % [V]; the combination [P].
    """
    is_first = (
        thresholds.early_first_day <= context.number <= thresholds.early_last_day
        and not any(
            context.week_ending(back)
            for back in range(1, context.number - thresholds.early_first_day + 1)
        )
    )
    if not is_first or context.week is None or context.baseline is None:
        return None
    if context.fell_by(thresholds.early_percent) or context.week.value < thresholds.still_hurts:
        return None
    if adequate_trial(context).status is TrialStatus.NOT_TRIED:
        return None
    return RuleResult(
        priority=Priority.P4,
        explanation=(
            f"After four weeks {_change(context)}, less than {thresholds.early_percent} % better."
        ),
        evidence=response_evidence(context, thresholds)
        | adequate_trial(context).evidence
        | {"early_percent": plain(thresholds.early_percent)},
        missing=_missing(context),
    )


def cc_fail(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """From day 42 on: care was tried, and pain is less than 2 points and less than 30 % better.

    This week and the one before must agree, so that one bad week does not decide, and it
    still hurts: a mean of 4 or more, or a median of standing and walking of 3 or worse.
    Section 3: 6 weeks, 2 points, 30 % [V]; two weeks together [P].
    """
    if not _failed_with(context, TrialStatus.TRIED):
        return None
    return _result(context, thresholds, Priority.P3, "conservative care was tried")


def cc_nottried(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """As CC-FAIL, but the planned care was not done: help with the plan.

    For the clinician to ask what stood in the way; never a reproach to the patient.
    Section 3; what counts as tried is section 7 [P].
    """
    if not _failed_with(context, TrialStatus.NOT_TRIED):
        return None
    return _result(context, thresholds, Priority.P4, "the logged care is not yet an adequate trial")


def cc_indet(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """As CC-FAIL, but fewer than 60 % of the days are known: nobody can say what was tried.

    Section 3; what counts as known is section 7 [P].
    """
    if not _failed_with(context, TrialStatus.INDETERMINATE):
        return None
    return _result(context, thresholds, Priority.P4, "too few days are known to judge the care")


def response_evidence(context: DayContext, thresholds: Thresholds) -> Evidence:
    """Baseline against the week, with every number compared."""
    baseline, week = context.baseline, context.week
    assert baseline is not None
    assert week is not None
    fall = baseline.value - week.value
    return {
        "baseline": mean(baseline.value),
        "baseline_days": baseline.days,
        "baseline_entries": baseline.entries,
        "window_mean": mean(week.value),
        "window_entries": week.entries,
        "window_on_time": week.on_time,
        "fall_points": mean(fall),
        "fall_percent": mean(100 * fall / baseline.value) if baseline.value else None,
        "response_points": plain(thresholds.response_points),
        "response_percent": plain(thresholds.response_percent),
        "still_hurts": plain(thresholds.still_hurts),
    }


def _result(
    context: DayContext, thresholds: Thresholds, priority: Priority, and_care: str
) -> RuleResult:
    before, median = context.week_ending(7), context.function_median
    assert before is not None
    evidence = response_evidence(context, thresholds) | adequate_trial(context).evidence
    evidence |= {
        "previous_window_mean": mean(before.value),
        "function_median": None if median is None else mean(median),
        "limiting_level": thresholds.limiting_level,
        "conservative_min_days": thresholds.conservative_min_days,
    }
    return RuleResult(
        priority=priority,
        explanation=f"On day {context.number} {_change(context)}, and {and_care}.",
        evidence=evidence,
        missing=_missing(context),
    )


def _change(context: DayContext) -> str:
    assert context.baseline is not None
    assert context.week is not None
    return (
        f"average pain is {float(context.week.value):.1f} "
        f"against {float(context.baseline.value):.1f} at the start"
    )


def _missing(context: DayContext) -> tuple[str, ...]:
    assert context.week is not None
    silent = 7 - context.week.on_time
    missing = [f"on-time entry on {silent} of 7 days"] if silent else []
    if context.function_median is None:
        missing.append("standing and walking on four of 7 days")
    return tuple(missing)


_CLEARS = "Clears after 7 evaluated days on which pain has fallen enough or no longer hurts."

CC_EARLY = CloseRule(
    id="CC-EARLY",
    title="Little change after four weeks",
    priorities="P4",
    evaluate=cc_early,
    needs=Needs.RESPONSE,
    clears_when="A clinician closes it, or CC-FAIL, CC-NOTTRIED or CC-INDET opens.",
    cannot_see=_CANNOT_SEE,
    sources=(
        "ACP 2017: acute is under 4 weeks [V]",
        "IMMPACT, J Pain 2008;9:105-121: 10 % is minimal [V]",
        "The combination is a proposal [P]",
    ),
    is_muted_by_surgery=True,
    clears_itself=False,
    ended_by=("CC-FAIL", "CC-NOTTRIED", "CC-INDET"),
)

CC_FAIL = CloseRule(
    id="CC-FAIL",
    title="Conservative care is not working",
    priorities="P3",
    evaluate=cc_fail,
    needs=Needs.RESPONSE,
    clears_when=_CLEARS,
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

CC_NOTTRIED = CloseRule(
    id="CC-NOTTRIED",
    title="No better, and care not yet tried",
    priorities="P4",
    evaluate=cc_nottried,
    needs=Needs.RESPONSE,
    clears_when=_CLEARS + " So does care that counts as tried.",
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

CC_INDET = CloseRule(
    id="CC-INDET",
    title="No better, and care unknown",
    priorities="P4",
    evaluate=cc_indet,
    needs=Needs.RESPONSE,
    clears_when=_CLEARS + " So does logging on more days.",
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

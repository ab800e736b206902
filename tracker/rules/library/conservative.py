"""Seed criterion (a): conservative treatment proves ineffective."""

from __future__ import annotations

from tracker.rules.outcome import Evidence, Priority
from tracker.rules.rule import CloseRule, Hit, Needs
from tracker.rules.thresholds import Thresholds
from tracker.rules.today import Today
from tracker.rules.trial import TrialStatus
from tracker.rules.wording import mean, plain

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


def is_without_response(today: Today) -> bool:
    """The condition that CC-FAIL, CC-NOTTRIED and CC-INDET share."""
    limits, before = today.limits, today.week_ending(7)
    if today.number < limits.conservative_min_days or today.baseline is None:
        return False
    if today.week is None or before is None:
        return False
    if not (today.is_no_response(today.week) and today.is_no_response(before)):
        return False
    median = today.function_median
    is_limited = median is not None and median >= limits.limiting_level
    return today.week.value >= limits.still_hurts or is_limited


def _failed_with(today: Today, status: TrialStatus) -> bool:
    return today.once(is_without_response) and today.trial.status is status


def cc_early(today: Today, limits: Thresholds) -> Hit | None:
    """A first look after four weeks: less than 10 % better, and a mean of 4 or more.

    Evaluated once, on the first of days 28 to 34 whose week is valid, and silent where care
    was not tried, so that the next visit can change the plan before six weeks are over.
    Section 3: 4 weeks and 10 % [V]; the combination [P].
    """
    is_first = limits.early_first_day <= today.number <= limits.early_last_day and not any(
        today.week_ending(back) for back in range(1, today.number - limits.early_first_day + 1)
    )
    if not is_first or today.week is None or today.baseline is None:
        return None
    if today.fell_by(limits.early_percent) or today.week.value < limits.still_hurts:
        return None
    if today.trial.status is TrialStatus.NOT_TRIED:
        return None
    return Hit(
        priority=Priority.P4,
        because=f"After four weeks {_change(today)}, less than {limits.early_percent} % better.",
        evidence=response_evidence(today, limits)
        | today.trial.evidence
        | {"early_percent": plain(limits.early_percent)},
        missing=_missing(today),
    )


def cc_fail(today: Today, limits: Thresholds) -> Hit | None:
    """From day 42 on: care was tried, and pain is less than 2 points and less than 30 % better.

    This week and the one before must agree, so that one bad week does not decide, and it
    still hurts: a mean of 4 or more, or a median of standing and walking of 3 or worse.
    Section 3: 6 weeks, 2 points, 30 % [V]; two weeks together [P].
    """
    if not _failed_with(today, TrialStatus.TRIED):
        return None
    return _hit(today, limits, Priority.P3, "conservative care was tried")


def cc_nottried(today: Today, limits: Thresholds) -> Hit | None:
    """As CC-FAIL, but the planned care was not done: help with the plan.

    For the clinician to ask what stood in the way; never a reproach to the patient.
    Section 3; what counts as tried is section 7 [P].
    """
    if not _failed_with(today, TrialStatus.NOT_TRIED):
        return None
    return _hit(today, limits, Priority.P4, "the logged care is not yet an adequate trial")


def cc_indet(today: Today, limits: Thresholds) -> Hit | None:
    """As CC-FAIL, but fewer than 60 % of the days are known: nobody can say what was tried.

    Section 3; what counts as known is section 7 [P].
    """
    if not _failed_with(today, TrialStatus.INDETERMINATE):
        return None
    return _hit(today, limits, Priority.P4, "too few days are known to judge the care")


def response_evidence(today: Today, limits: Thresholds) -> Evidence:
    """Baseline against the week, with every number compared."""
    baseline, week = today.baseline, today.week
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
        "response_points": plain(limits.response_points),
        "response_percent": plain(limits.response_percent),
        "still_hurts": plain(limits.still_hurts),
    }


def _hit(today: Today, limits: Thresholds, priority: Priority, and_care: str) -> Hit:
    before, median = today.week_ending(7), today.function_median
    assert before is not None
    evidence = response_evidence(today, limits) | today.trial.evidence
    evidence |= {
        "previous_window_mean": mean(before.value),
        "function_median": None if median is None else mean(median),
        "limiting_level": limits.limiting_level,
        "conservative_min_days": limits.conservative_min_days,
    }
    return Hit(
        priority=priority,
        because=f"On day {today.number} {_change(today)}, and {and_care}.",
        evidence=evidence,
        missing=_missing(today),
    )


def _change(today: Today) -> str:
    assert today.baseline is not None
    assert today.week is not None
    return (
        f"average pain is {float(today.week.value):.1f} "
        f"against {float(today.baseline.value):.1f} at the start"
    )


def _missing(today: Today) -> tuple[str, ...]:
    assert today.week is not None
    silent = 7 - today.week.on_time
    missing = [f"on-time entry on {silent} of 7 days"] if silent else []
    if today.function_median is None:
        missing.append("standing and walking on four of 7 days")
    return tuple(missing)


_CLEARS = "Clears after 7 evaluated days on which pain has fallen enough or no longer hurts."

CC_EARLY = CloseRule(
    id="CC-EARLY",
    title="Little change after four weeks",
    priorities="P4",
    judge=cc_early,
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
    judge=cc_fail,
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
    judge=cc_nottried,
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
    judge=cc_indet,
    needs=Needs.RESPONSE,
    clears_when=_CLEARS + " So does logging on more days.",
    cannot_see=_CANNOT_SEE,
    sources=_SOURCES,
    is_muted_by_surgery=True,
)

"""DATA-GAP: the diary has fallen silent."""

from __future__ import annotations

from itertools import islice, takewhile

from tracker.rules.medicines.catalog import DrugClass
from tracker.rules.messages import mean
from tracker.rules.results import Priority
from tracker.rules.rule import CloseRule, Needs, RuleResult
from tracker.rules.state.day_context import DayContext
from tracker.rules.thresholds import Thresholds

ACTIVE_DAYS = 7


def data_gap(context: DayContext, thresholds: Thresholds) -> RuleResult | None:
    """No on-time entry for 7 local days: nobody sees this patient (P4).

    P3 if the last valid week had a mean of 7 or more, or if an opioid was planned or taken in
    the last 7 days. Section 8 [P].
    """
    state = context.state
    # A date that the clocks jumped over is not expected.
    expected = (b for b in range(context.number) if state.calendar.exists(context.day - b))
    silent = takewhile(lambda b: not context.entry(b).is_on_time, expected)
    if len(list(islice(silent, thresholds.silent_days))) < thresholds.silent_days:
        return None
    latest = context.weekly_means.latest(context.day)
    was_severe = latest is not None and latest.value >= thresholds.severe_pain
    has_opioid = DrugClass.OPIOID in state.medicines.on(context.day).classes
    has_opioid = has_opioid or state.took_class(DrugClass.OPIOID, context.day, ACTIVE_DAYS, None)
    return RuleResult(
        priority=Priority.P3 if was_severe or has_opioid else Priority.P4,
        explanation=(
            f"No on-time diary entry for {thresholds.silent_days} days{_worry(was_severe)}."
        ),
        evidence={
            "silent_days": thresholds.silent_days,
            "latest_window_mean": None if latest is None else mean(latest.value),
            "severe_pain": thresholds.severe_pain,
            "opioid_active": has_opioid,
        },
        missing=("diary entries",),
    )


def _worry(was_severe: bool) -> str:
    return ", and pain was severe when last seen" if was_severe else ""


DATA_GAP = CloseRule(
    id="DATA-GAP",
    title="No diary entries",
    priorities="P4; P3 after severe pain or with an opioid",
    evaluate=data_gap,
    needs=Needs.NOTHING,
    clears_when="Clears after 7 days that each end a week with at least one on-time entry.",
    cannot_see="Why: recovery, a lost phone, a hospital stay or despair all look the same.",
    sources=("Seven days: proposal [P]",),
)

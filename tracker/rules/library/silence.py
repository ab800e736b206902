"""DATA-GAP: the diary has fallen silent."""

from __future__ import annotations

from itertools import islice, takewhile

from tracker.rules.medicines import DrugClass
from tracker.rules.outcome import Priority
from tracker.rules.rule import CloseRule, Hit, Needs
from tracker.rules.thresholds import Thresholds
from tracker.rules.today import Today
from tracker.rules.wording import mean

ACTIVE_DAYS = 7


def data_gap(today: Today, limits: Thresholds) -> Hit | None:
    """No on-time entry for 7 local days: nobody sees this patient (P4).

    P3 if the last valid week had a mean of 7 or more, or if an opioid was planned or taken in
    the last 7 days. Section 8 [P].
    """
    chart = today.chart
    # A date that the clocks jumped over is not expected.
    expected = (b for b in range(today.number) if chart.local_days.exists(today.day - b))
    silent = takewhile(lambda b: not today.entry(b).is_on_time, expected)
    if len(list(islice(silent, limits.silent_days))) < limits.silent_days:
        return None
    latest = today.weeks.latest(today.day)
    was_severe = latest is not None and latest.value >= limits.severe_pain
    has_opioid = DrugClass.OPIOID in chart.medicines.on(today.day).classes
    has_opioid = has_opioid or chart.took_class(DrugClass.OPIOID, today.day, ACTIVE_DAYS, None)
    return Hit(
        priority=Priority.P3 if was_severe or has_opioid else Priority.P4,
        because=f"No on-time diary entry for {limits.silent_days} days{_worry(was_severe)}.",
        evidence={
            "silent_days": limits.silent_days,
            "latest_window_mean": None if latest is None else mean(latest.value),
            "severe_pain": limits.severe_pain,
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
    judge=data_gap,
    needs=Needs.NOTHING,
    clears_when="Clears after 7 days that each end a week with at least one on-time entry.",
    cannot_see="Why: recovery, a lost phone, a hospital stay or despair all look the same.",
    sources=("Seven days: proposal [P]",),
)

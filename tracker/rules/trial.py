"""Has conservative care really been tried? (section 7, Adequate trial)

A percentage is of what was planned on the days that count: days of the period that are
known and not excused. A count is for a full period and shrinks with a shorter one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tracker.rules.chart import Chart, Day, is_planned
from tracker.rules.episodes import Episode
from tracker.rules.medicines import ANALGESIC, INGREDIENTS, NOT_BACK_CARE, base_of
from tracker.rules.outcome import Evidence
from tracker.rules.records import PlannedMeasure
from tracker.rules.thresholds import Number, Thresholds, exact

ACTIVE = ("physical_therapy", "home_exercise")
MANUAL = ("massage", "acupuncture", "manipulation")
_NO_DAY = Day()


class TrialStatus(StrEnum):
    TRIED = "tried"
    NOT_TRIED = "not tried"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Trial:
    status: TrialStatus
    evidence: Evidence


class _Period:
    """The last N days, or days 1..D, with what is known of them."""

    def __init__(self, chart: Chart, episode: Episode, day: int, limits: Thresholds) -> None:
        self.chart = chart
        self.limits = limits
        self.full_length = limits.conservative_min_days
        self.length = min(self.full_length, episode.day_number(day))
        self.first, self.last = day - self.length + 1, day
        self.episode = episode
        excused = _excused(chart)
        self.expected = [d for d in range(self.first, day + 1) if d not in excused]
        days = ((d, chart.days.get(d, _NO_DAY)) for d in self.expected)
        #: Days that count: known and not excused.
        self.known = [(d, entry) for d, entry in days if entry.is_known]

    @cached_property
    def days(self) -> list[Day]:
        return [self.chart.days.get(d, _NO_DAY) for d in range(self.first, self.last + 1)]

    @cached_property
    def medicines(self) -> list[tuple[PlannedMeasure, frozenset[str]]]:
        """Planned medicines for the back, with their bases: no anticoagulants."""
        planned = ((m, _bases(m)) for m in self.plans("medication"))
        return [(m, bases) for m, bases in planned if not _is_for_another_reason(bases)]

    def planned_days(self, measure: PlannedMeasure) -> list[Day]:
        """The days that count on which a measure was planned."""
        return [entry for d, entry in self.known if is_planned(measure, d)]

    def plans(self, *kinds: str) -> list[PlannedMeasure]:
        """Planned measures of these kinds, on any day of the period."""
        return [
            m
            for m in self.chart.plan
            if m.measure in kinds
            and (m.from_date is None or m.from_date.toordinal() <= self.last)
            and (m.until_date is None or m.until_date.toordinal() >= self.first)
        ]

    def reaches(self, done: int, least: int) -> bool:
        """A count for a full period, against `least` pro rata."""
        return done * self.full_length >= least * self.length


def trial_of(chart: Chart, episode: Episode, day: int, limits: Thresholds) -> Trial:
    """TRIED, NOT-TRIED or INDETERMINATE as day D closes."""
    period = _Period(chart, episode, day, limits)
    active = _is_active_met(period)
    is_waived = _is_active_waived(period)
    others = [name for name, is_met in _OTHERS.items() if is_met(period)]
    known, expected = len(period.known), len(period.expected)
    if known == 0 or not _is_share(known, expected, limits.known_percent):
        status = TrialStatus.INDETERMINATE
    elif (active or is_waived) and others:
        status = TrialStatus.TRIED
    else:
        status = TrialStatus.NOT_TRIED
    evidence: Evidence = {
        "trial": status.value,
        "trial_days": period.length,
        "trial_days_expected": expected,
        "trial_days_known": known,
        "active_met": active,
        "active_waived": is_waived,
        "also_met": list(others),
        "active_sessions": sum(
            entry.sessions[kind] for _, entry in period.known for kind in ACTIVE
        ),
    }
    return Trial(status, evidence)


def _is_active_met(period: _Period) -> bool:
    """One planned active measure at 60 %, or six PT visits beside a home plan."""
    planned = period.plans(*ACTIVE)
    if any(_reaches_plan(period, measure) for measure in planned):
        return True
    has_home_plan = any(m.measure == "home_exercise" and m.waived is None for m in planned)
    visits = sum(entry.sessions["physical_therapy"] for entry in period.days)
    if has_home_plan and period.reaches(visits, period.limits.therapy_visits):
        return True
    return not planned and _meets_default(period)


def _reaches_plan(period: _Period, measure: PlannedMeasure) -> bool:
    days = period.planned_days(measure)
    weekly = measure.sessions_per_week or period.limits.default_sessions_per_week
    done = sum(entry.sessions[measure.measure] for entry in days)
    return _is_rate(done, exact(weekly), len(days), period.limits.active_percent)


def _meets_default(period: _Period) -> bool:
    done = sum(entry.sessions[kind] for _, entry in period.known for kind in ACTIVE)
    weekly = period.limits.default_sessions_per_week
    return _is_rate(done, weekly, len(period.known), period.limits.active_percent)


def _is_active_waived(period: _Period) -> bool:
    planned = period.plans(*ACTIVE)
    return bool(planned) and all(measure.waived is not None for measure in planned)


def _is_medicine_waived(period: _Period) -> bool:
    """A clinician recorded that a planned medicine must not or cannot be taken."""
    reasons = ("contraindicated", "not_tolerated")
    return any(measure.waived in reasons for measure, _ in period.medicines)


def _is_scheduled_met(period: _Period) -> bool:
    """A scheduled medicine with 80 % of its doses taken."""
    return any(_is_taken_as_scheduled(period, m, bases) for m, bases in period.medicines)


def _is_taken_as_scheduled(
    period: _Period, measure: PlannedMeasure, wanted: frozenset[str]
) -> bool:
    days = period.planned_days(measure)
    a_day = measure.doses_per_day or 0
    taken = sum(min(a_day, sum(wanted <= intake.bases for intake in entry.taken)) for entry in days)
    scheduled = a_day * len(days)
    return scheduled > 0 and _is_share(taken, scheduled, period.limits.scheduled_percent)


def _is_as_needed_met(period: _Period) -> bool:
    """Something taken as needed on half of the painful days."""
    limits = period.limits
    painful = [
        (d, entry)
        for d, entry in period.known
        if entry.pain is not None and entry.pain >= limits.as_needed_pain
    ]
    taken = sum(_took_as_needed(period, d, entry) for d, entry in painful)
    return bool(painful) and _is_share(taken, len(painful), limits.as_needed_percent)


def _took_as_needed(period: _Period, day: int, entry: Day) -> bool:
    """A medicine planned as needed, or an analgesic that is not in the plan."""
    for intake in entry.taken:
        planned = [
            m for m, bases in period.medicines if bases <= intake.bases and is_planned(m, day)
        ]
        if any(m.doses_per_day is None for m in planned):
            return True
        if not planned and intake.all_classes & ANALGESIC:
            return True
    return False


def _is_thermal_met(period: _Period) -> bool:
    """Three days a week with a compress, in four of six weeks."""
    weeks = 0
    for last in range(period.last, period.first + 5, -7):
        block = (period.chart.days.get(d, _NO_DAY) for d in range(last - 6, last + 1))
        used = sum(entry.compresses > 0 for entry in block)
        weeks += used >= period.limits.thermal_days_per_week
    return period.reaches(weeks, period.limits.thermal_weeks)


def _is_manual_met(period: _Period) -> bool:
    done = sum(entry.sessions[kind] for entry in period.days for kind in MANUAL)
    return period.reaches(done, period.limits.manual_sessions)


def _is_brace_met(period: _Period) -> bool:
    """Half of the planned time worn."""
    for measure in period.plans("brace"):
        days = period.planned_days(measure)
        planned = (measure.minutes_per_day or 0) * len(days)
        worn = sum(entry.brace_minutes for entry in days)
        if planned and _is_share(worn, planned, period.limits.brace_percent):
            return True
    return False


def _is_injection_met(period: _Period) -> bool:
    """One in this episode, long enough ago to have worked."""
    latest = period.last - period.limits.injection_days
    given = period.chart.injections.items()
    return any(n > 0 and period.episode.first_day <= day <= latest for day, n in given)


#: Categories of care beside the active one. Activity modification is never one of them.
_OTHERS: dict[str, Callable[[_Period], bool]] = {
    "medicine, scheduled": _is_scheduled_met,
    "medicine, as needed": _is_as_needed_met,
    "medicine, waived": _is_medicine_waived,
    "thermal": _is_thermal_met,
    "manual": _is_manual_met,
    "brace": _is_brace_met,
    "injection": _is_injection_met,
}


def _is_for_another_reason(bases: frozenset[str]) -> bool:
    known = [INGREDIENTS[base] for base in bases if base in INGREDIENTS]
    return bool(known) and all(each.drug_class in NOT_BACK_CARE for each in known)


def _bases(measure: PlannedMeasure) -> frozenset[str]:
    return frozenset(base_of(dose.name) for dose in measure.ingredients)


def _excused(chart: Chart) -> frozenset[int]:
    periods = chart.history.form.episode.excused
    return frozenset(
        day
        for each in periods
        for day in range(each.from_date.toordinal(), each.until_date.toordinal() + 1)
    )


def _is_share(part: int, whole: int, percent: Number) -> bool:
    return 100 * part >= percent * whole


def _is_rate(done: int, weekly: Number, days: int, percent: Number) -> bool:
    """Sessions done in `days` days against so many a week."""
    return days > 0 and 700 * done >= percent * weekly * days

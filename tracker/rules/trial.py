"""Has conservative care really been tried? (section 7, Adequate trial)

A percentage is of what was planned on the days that count: days of the period that are
known and not excused. A count is for a full period and shrinks with a shorter one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tracker.rules.chart import Chart
from tracker.rules.episodes import Episode
from tracker.rules.outcome import Evidence
from tracker.rules.plans import bases_of
from tracker.rules.records import PlannedMeasure
from tracker.rules.tallies import Count
from tracker.rules.thresholds import Number, Thresholds, exact

ACTIVE = ("physical_therapy", "home_exercise")
VISITS = ("physical_therapy",)
MANUAL = ("massage", "acupuncture", "manipulation")


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
        self.excused = sum(self.first <= each <= self.last for each in chart.excused)
        #: Days that count: known and not excused.
        self.known = self.total(_is_counted)

    @cached_property
    def medicines(self) -> list[PlannedMeasure]:
        """Planned medicines for the back, on any day of the period."""
        return [measure for measure, _ in self.chart.medicines.for_back if self._meets(measure)]

    def total(self, count: Count, *details: Hashable) -> int:
        """The sum of what is counted on each day of the period."""
        return self.chart.tallies.total(self.first, self.last, count, *details)

    def total_planned(self, measure: PlannedMeasure, count: Count, *details: Hashable) -> int:
        """The sum over the days on which a measure was planned."""
        first, last = self._span(measure)
        return self.chart.tallies.total(first, last, count, *details)

    def planned_days(self, measure: PlannedMeasure) -> int:
        """The days that count on which a measure was planned."""
        return self.total_planned(measure, _is_counted)

    def plans(self, *kinds: str) -> list[PlannedMeasure]:
        """Planned measures of these kinds, on any day of the period."""
        return [m for m in self.chart.plan if m.measure in kinds and self._meets(m)]

    def _meets(self, measure: PlannedMeasure) -> bool:
        first, last = self._span(measure)
        return first <= last

    def _span(self, measure: PlannedMeasure) -> tuple[int, int]:
        """What of the period a measure was planned for, both ends counting."""
        first, last = measure.from_date, measure.until_date
        return (
            self.first if first is None else max(self.first, first.toordinal()),
            self.last if last is None else min(self.last, last.toordinal()),
        )

    def reaches(self, done: int, least: int) -> bool:
        """A count for a full period, against `least` pro rata."""
        return done * self.full_length >= least * self.length


def trial_of(chart: Chart, episode: Episode, day: int, limits: Thresholds) -> Trial:
    """TRIED, NOT-TRIED or INDETERMINATE as day D closes."""
    period = _Period(chart, episode, day, limits)
    active = _is_active_met(period)
    is_waived = _is_active_waived(period)
    others = [name for name, is_met in _OTHERS.items() if is_met(period)]
    known, expected = period.known, period.length - period.excused
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
        "active_sessions": period.total(_counted_sessions, ACTIVE),
    }
    return Trial(status, evidence)


def _is_active_met(period: _Period) -> bool:
    """One planned active measure at 60 %, or six PT visits beside a home plan."""
    planned = period.plans(*ACTIVE)
    if any(_reaches_plan(period, measure) for measure in planned):
        return True
    has_home_plan = any(m.measure == "home_exercise" and m.waived is None for m in planned)
    visits = period.total(_sessions, VISITS)
    if has_home_plan and period.reaches(visits, period.limits.therapy_visits):
        return True
    return not planned and _meets_default(period)


def _reaches_plan(period: _Period, measure: PlannedMeasure) -> bool:
    weekly = measure.sessions_per_week or period.limits.default_sessions_per_week
    done = period.total_planned(measure, _counted_sessions, (measure.measure,))
    days = period.planned_days(measure)
    return _is_rate(done, exact(weekly), days, period.limits.active_percent)


def _meets_default(period: _Period) -> bool:
    done = period.total(_counted_sessions, ACTIVE)
    weekly = period.limits.default_sessions_per_week
    return _is_rate(done, weekly, period.known, period.limits.active_percent)


def _is_active_waived(period: _Period) -> bool:
    planned = period.plans(*ACTIVE)
    return bool(planned) and all(measure.waived is not None for measure in planned)


def _is_medicine_waived(period: _Period) -> bool:
    """A clinician recorded that a planned medicine must not or cannot be taken."""
    reasons = ("contraindicated", "not_tolerated")
    return any(measure.waived in reasons for measure in period.medicines)


def _is_scheduled_met(period: _Period) -> bool:
    """A scheduled medicine with 80 % of its doses taken."""
    return any(_is_taken_as_scheduled(period, measure) for measure in period.medicines)


def _is_taken_as_scheduled(period: _Period, measure: PlannedMeasure) -> bool:
    daily = measure.doses_per_day or 0
    scheduled = daily * period.planned_days(measure)
    if scheduled == 0:
        return False
    taken = period.total_planned(measure, _scheduled_doses, bases_of(measure), daily)
    return _is_share(taken, scheduled, period.limits.scheduled_percent)


def _is_as_needed_met(period: _Period) -> bool:
    """Something taken as needed on half of the painful days."""
    limits = period.limits
    painful = period.total(_is_painful, limits.as_needed_pain)
    relieved = period.total(_is_relieved, limits.as_needed_pain)
    return painful > 0 and _is_share(relieved, painful, limits.as_needed_percent)


def _is_thermal_met(period: _Period) -> bool:
    """Three days a week with a compress, in four of six weeks."""
    weeks = 0
    for last in reversed(range(period.last, period.first + 5, -7)):
        used = period.chart.tallies.total(last - 6, last, _has_compress)
        weeks += used >= period.limits.thermal_days_per_week
    return period.reaches(weeks, period.limits.thermal_weeks)


def _is_manual_met(period: _Period) -> bool:
    return period.reaches(period.total(_sessions, MANUAL), period.limits.manual_sessions)


def _is_brace_met(period: _Period) -> bool:
    """Half of the planned time worn."""
    for measure in period.plans("brace"):
        planned = (measure.minutes_per_day or 0) * period.planned_days(measure)
        worn = period.total_planned(measure, _brace_minutes)
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


# What is counted on one day.


def _is_counted(chart: Chart, day: int) -> bool:
    return chart.day(day).is_counted


def _sessions(chart: Chart, day: int, kinds: tuple[str, ...]) -> int:
    held = chart.day(day).sessions
    return sum([held[kind] for kind in kinds if kind in held])


def _counted_sessions(chart: Chart, day: int, kinds: tuple[str, ...]) -> int:
    return _sessions(chart, day, kinds) if chart.day(day).is_counted else 0


def _scheduled_doses(chart: Chart, day: int, wanted: frozenset[str], most: int) -> int:
    """Intakes that hold all of a planned medicine, up to those planned for the day."""
    each = chart.day(day)
    if not each.is_counted:
        return 0
    return min(most, len([taken for taken in each.taken if wanted <= taken.bases]))


def _brace_minutes(chart: Chart, day: int) -> int:
    each = chart.day(day)
    return each.brace_minutes if each.is_counted else 0


def _has_compress(chart: Chart, day: int) -> bool:
    return chart.day(day).compresses > 0


def _is_painful(chart: Chart, day: int, least: int) -> bool:
    each = chart.day(day)
    return each.pain is not None and each.pain >= least and not each.is_excused


def _is_relieved(chart: Chart, day: int, least: int) -> bool:
    """A painful day with a medicine planned as needed, or an unplanned analgesic."""
    if not _is_painful(chart, day, least):
        return False
    return any(chart.medicines.is_as_needed(taken.bases, day) for taken in chart.day(day).taken)


def _is_share(part: int, whole: int, percent: Number) -> bool:
    return 100 * part >= percent * whole


def _is_rate(done: int, weekly: Number, days: int, percent: Number) -> bool:
    """Sessions done in `days` days against so many a week."""
    return days > 0 and 700 * done >= percent * weekly * days

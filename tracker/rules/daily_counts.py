"""What a trial of care counts on one day; the sums over days are `tallies`."""

from __future__ import annotations

from tracker.rules.chart import Chart, Day


def is_counted(chart: Chart, day: int) -> bool:
    return chart.day(day).is_counted


def sessions(chart: Chart, day: int, kinds: tuple[str, ...]) -> int:
    return _held(chart.day(day), kinds)


def counted_sessions(chart: Chart, day: int, kinds: tuple[str, ...]) -> int:
    each = chart.day(day)
    return _held(each, kinds) if each.is_counted else 0


def _held(day: Day, kinds: tuple[str, ...]) -> int:
    held = day.sessions
    return sum([held[kind] for kind in kinds if kind in held])


def scheduled_doses(chart: Chart, day: int, wanted: frozenset[str], most: int) -> int:
    """Intakes that hold all of a planned medicine, up to those planned for the day."""
    each = chart.day(day)
    if not each.is_counted:
        return 0
    return min(most, len([taken for taken in each.taken if wanted <= taken.bases]))


def brace_minutes(chart: Chart, day: int) -> int:
    each = chart.day(day)
    return each.brace_minutes if each.is_counted else 0


def has_compress(chart: Chart, day: int) -> bool:
    return chart.day(day).compresses > 0


def is_painful(chart: Chart, day: int, least: int) -> bool:
    each = chart.day(day)
    return each.pain is not None and each.pain >= least and not each.is_excused


def is_relieved(chart: Chart, day: int, least: int) -> bool:
    """A painful day with a medicine planned as needed, or an unplanned analgesic."""
    if not is_painful(chart, day, least):
        return False
    return any(chart.medicines.is_as_needed(taken.bases, day) for taken in chart.day(day).taken)

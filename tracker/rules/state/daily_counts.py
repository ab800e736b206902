"""What the adequate trial counts on one day; `prefix_sums` adds up days."""

from __future__ import annotations

from tracker.rules.state.day import Day
from tracker.rules.state.episode_state import EpisodeState


def is_counted(state: EpisodeState, day: int) -> bool:
    return state.day(day).is_counted


def sessions(state: EpisodeState, day: int, kinds: tuple[str, ...]) -> int:
    return _held(state.day(day), kinds)


def counted_sessions(state: EpisodeState, day: int, kinds: tuple[str, ...]) -> int:
    each = state.day(day)
    return _held(each, kinds) if each.is_counted else 0


def _held(day: Day, kinds: tuple[str, ...]) -> int:
    held = day.sessions
    return sum([held[kind] for kind in kinds if kind in held])


def scheduled_doses(state: EpisodeState, day: int, wanted: frozenset[str], most: int) -> int:
    """Intakes that hold all of a planned medicine, up to those planned for the day."""
    each = state.day(day)
    if not each.is_counted:
        return 0
    return min(most, len([dose for dose in each.doses if wanted <= dose.bases]))


def brace_minutes(state: EpisodeState, day: int) -> int:
    each = state.day(day)
    return each.brace_minutes if each.is_counted else 0


def injections(state: EpisodeState, day: int) -> int:
    return state.days.peek(day).injections


def has_thermal_use(state: EpisodeState, day: int) -> bool:
    return state.day(day).thermal_uses > 0


def is_painful(state: EpisodeState, day: int, least: int) -> bool:
    each = state.day(day)
    return each.pain is not None and each.pain >= least and not each.is_excused


def is_relieved(state: EpisodeState, day: int, least: int) -> bool:
    """A painful day with a medicine planned as needed, or an unplanned analgesic."""
    if not is_painful(state, day, least):
        return False
    return any(state.medicines.is_as_needed(dose.bases, day) for dose in state.day(day).doses)

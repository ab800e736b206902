"""One local day of the diary and of the treatments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tracker.rules.history.records import TherapySession
from tracker.rules.measures import Category, names_of
from tracker.rules.medicines.intakes import TakenDose

_BRACES = frozenset(names_of(Category.BRACE))
_INJECTIONS = names_of(Category.INJECTION)
_THERMAL_SESSIONS = frozenset(names_of(Category.THERMAL))


class Day:
    __slots__ = (
        "activity",
        "brace_minutes",
        "doses",
        "function",
        "has_entry",
        "is_analyzed",
        "is_excused",
        "is_on_time",
        "pain",
        "sessions",
        "sleep",
        "thermal_uses",
        "treatments",
    )

    def __init__(self, *, is_excused: bool = False) -> None:
        self.is_excused = is_excused
        self.treatments = 0
        #: Compresses, and sessions of other thermal measures.
        self.thermal_uses = 0
        self.brace_minutes = 0
        self.sessions: Counter[str] = Counter()
        self.doses: list[TakenDose] = []
        self.clear_entry()

    def clear_entry(self) -> None:
        self.has_entry = False
        self.is_analyzed = False
        self.is_on_time = False
        self.pain: int | None = None
        self.function: int | None = None
        self.sleep: int | None = None
        self.activity: int | None = None

    def add_session(self, session: TherapySession, sign: int) -> None:
        """Count a session, or (with -1) count it no more."""
        self.sessions[session.type] += sign
        self.thermal_uses += sign * (session.type in _THERMAL_SESSIONS)
        if session.type in _BRACES:
            self.brace_minutes += sign * (session.minutes or 0)

    @property
    def injections(self) -> int:
        return injections(self.sessions)

    @property
    def is_known(self) -> bool:
        """Whether anything tells what was done on this day, be it too late to be analyzed."""
        return self.has_entry or self.treatments > 0

    @property
    def is_counted(self) -> bool:
        """Whether care is measured on this day: it is known and not excused."""
        return self.is_known and not self.is_excused


def injections(sessions: Mapping[str, int]) -> int:
    """How many of the sessions of a day were injections."""
    return sum([sessions[kind] for kind in _INJECTIONS if kind in sessions])


#: A day of which nothing is known.
NO_DAY = Day()

"""What is known of a patient at one moment: the state that the records fold into.

`put` takes the versions of the records as they are submitted; the rules read days.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from tracker.rules.episodes import Episode
from tracker.rules.history import History
from tracker.rules.intakes import Intakes, Taken
from tracker.rules.medicines import DrugClass
from tracker.rules.opioid_courses import OpioidDays
from tracker.rules.plans import MedicinePlan
from tracker.rules.records import (
    CompressUse,
    DiaryEntry,
    PegScore,
    Record,
    TherapySession,
    Treatment,
)
from tracker.rules.tallies import Tallies
from tracker.rules.versions import Entry, Version
from tracker.rules.weeks import Weeks

LATE = timedelta(hours=48)
BACKFILL_DAYS = 7


class Day:
    """One local day of the diary and of the treatments."""

    __slots__ = (
        "activity",
        "brace_minutes",
        "compresses",
        "function",
        "has_entry",
        "is_analyzed",
        "is_excused",
        "is_on_time",
        "pain",
        "sessions",
        "sleep",
        "taken",
        "treatments",
    )

    def __init__(self, *, is_excused: bool = False) -> None:
        self.is_excused = is_excused
        self.treatments = 0
        self.compresses = 0
        self.brace_minutes = 0
        self.sessions: Counter[str] = Counter()
        self.taken: list[Taken] = []
        self.forget_entry()

    def forget_entry(self) -> None:
        self.has_entry = False
        self.is_analyzed = False
        self.is_on_time = False
        self.pain: int | None = None
        self.function: int | None = None
        self.sleep: int | None = None
        self.activity: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything tells what was done on this day, be it too late to be analyzed."""
        return self.has_entry or self.treatments > 0

    @property
    def is_counted(self) -> bool:
        """Whether care is measured on this day: it is known and not excused."""
        return self.is_known and not self.is_excused


#: A day of which nothing is known.
NO_DAY = Day()


class Chart:
    def __init__(self, history: History) -> None:
        self.history = history
        self.local_days = history.days
        self.patient = history.form.patient
        self.plan = history.form.plan
        self.medicines = MedicinePlan(self.plan)
        self.conditions = frozenset(self.patient.conditions)
        self.episodes = history.episodes
        self.days: dict[int, Day] = {}
        self.excused = _excused(history)
        self.tallies = Tallies(self)
        self.weeks = {e.number: Weeks(self.days, e.first_day) for e in self.episodes.all}
        self.intakes = Intakes()
        self.opioid_days = OpioidDays()
        self.injections: Counter[int] = Counter()
        self.pegs: dict[int, PegScore] = {}
        self.latest_on_time: int | None = None
        self._current: dict[Entry, Version] = {}
        self._claims: dict[tuple[type, int], list[Entry]] = {}
        self._taken: dict[Entry, Taken] = {}

    @classmethod
    def at(cls, history: History, *, entered_by: datetime, corrected_by: datetime) -> Chart:
        """The records there were at one moment, with the corrections of a later one."""
        chart = cls(history)
        later = []
        for entry in history.entries:
            if entry.first.submitted_at <= entered_by:
                chart.put(entry, entry.at(corrected_by))
            elif entry.first.submitted_at <= corrected_by:
                later.append(entry)
        for entry in later:
            if chart.has_standing(entry.first.record):
                chart.put(entry, entry.at(corrected_by))
        return chart

    def has_standing(self, record: Record) -> bool:
        """Whether a diary entry or PEG of this date is there already: a second revises."""
        return (
            isinstance(record, (DiaryEntry, PegScore))
            and self._standing(type(record), record.date.toordinal()) is not None
        )

    def put(self, entry: Entry, version: Version) -> Version | None:
        """A record arrives, or a version of it. Returns what it takes the place of.

        A second diary entry, or PEG, of a date takes the place of the first.
        """
        before = self._current.get(entry)
        replaced = before
        if before is not None:
            self._apply(entry, before, -1)
        elif isinstance(version.record, (DiaryEntry, PegScore)):
            replaced = self._standing(type(version.record), version.record.date.toordinal())
        self._current[entry] = version
        self._apply(entry, version, 1)
        return replaced

    def current(self, entry: Entry) -> Version:
        return self._current[entry]

    def taken(self, entry: Entry) -> Taken | None:
        """An intake as the rules see it; None if it was logged too late."""
        return self._taken.get(entry)

    def is_analyzed(self, entry: Entry) -> bool:
        """Whether a treatment was logged within seven local days."""
        first = entry.first
        logged = self.local_days.day_of(first.submitted_at)
        return logged - first.day <= BACKFILL_DAYS

    def day(self, day: int) -> Day:
        """What is known of a day; for reading only."""
        return self.days.get(day, NO_DAY)

    def is_known(self, day: int) -> bool:
        """Whether a diary entry or a treatment tells of a day."""
        return self.day(day).is_known

    def _opened(self, day: int) -> Day:
        """A day to write in."""
        if day not in self.days:
            self.days[day] = Day(is_excused=day in self.excused)
        return self.days[day]

    def week_of(self, episode: Episode) -> Weeks:
        return self.weeks[episode.number]

    def took_class(self, wanted: DrugClass, day: int, days: int, at: datetime | None) -> bool:
        """Whether a systemic medicine of a class was taken in the days ending on `day`."""
        if not self.intakes.include(wanted):
            return False
        for each in range(day - days + 1, day + 1):
            for taken in self.day(each).taken:
                if wanted in taken.classes and (at is None or taken.at <= at):
                    return True
        return False

    def _apply(self, entry: Entry, version: Version, sign: int) -> None:
        record = version.record
        day = version.day
        if isinstance(record, (DiaryEntry, PegScore)):
            self._claim(entry, record, sign)
            if isinstance(record, DiaryEntry):
                self._diary(day)
            else:
                self._peg(day)
        elif isinstance(record, Treatment) and self.is_analyzed(entry):
            self._treatment(entry, record, day, sign)

    def _claim(self, entry: Entry, record: DiaryEntry | PegScore, sign: int) -> None:
        claims = self._claims.setdefault((type(record), record.date.toordinal()), [])
        if sign > 0:
            claims.append(entry)
        else:
            claims.remove(entry)

    def _standing(self, kind: type[DiaryEntry] | type[PegScore], day: int) -> Version | None:
        """The latest of the versions that speak of a date: a second entry revises."""
        claims = self._claims.get((kind, day))
        if not claims:
            return None
        if len(claims) == 1:
            return self._current[claims[0]]
        return max((self._current[each] for each in claims), key=Version.order)

    def _diary(self, date: int) -> None:
        day = self._opened(date)
        day.forget_entry()
        standing = self._standing(DiaryEntry, date)
        if standing is not None and isinstance(standing.record, DiaryEntry):
            self._fill(day, date, standing.record)
        for weeks in self.weeks.values():
            weeks.forget(date)
        self.tallies.forget(date)
        self._find_latest(date)

    def _fill(self, day: Day, date: int, entry: DiaryEntry) -> None:
        first = min(claim.first.submitted_at for claim in self._claims[DiaryEntry, date])
        day.has_entry = True
        day.is_on_time = self.local_days.start(date) <= first < self.local_days.close(date)
        ends_at = self.local_days.start(date + 1)
        day.is_analyzed = day.is_on_time or self.local_days.close(date) <= first < ends_at + LATE
        if day.is_analyzed:
            day.pain, day.sleep, day.activity = entry.pain_average, entry.sleep, entry.activity
            day.function = self.function_of(entry)

    def function_of(self, entry: DiaryEntry) -> int | None:
        """fn: the worse of standing and walking, levels up to the floor counting as 0."""
        floor = self.patient.function_floor or 0
        given = [level for level in (entry.standing, entry.walking) if level is not None]
        return max((level if level > floor else 0 for level in given), default=None)

    def _find_latest(self, date: int) -> None:
        is_on_time = self.days[date].is_on_time
        if is_on_time and (self.latest_on_time is None or date > self.latest_on_time):
            self.latest_on_time = date
        elif not is_on_time and date == self.latest_on_time:
            on_time = (each for each, day in self.days.items() if day.is_on_time)
            self.latest_on_time = max(on_time, default=None)

    def _peg(self, day: int) -> None:
        standing = self._standing(PegScore, day)
        if standing is not None and isinstance(standing.record, PegScore):
            self.pegs[day] = standing.record
        else:
            self.pegs.pop(day, None)

    def _treatment(self, entry: Entry, record: Treatment, date: int, sign: int) -> None:
        day = self._opened(date)
        day.treatments += sign
        self.tallies.forget(date)
        if isinstance(record, CompressUse):
            day.compresses += sign
        elif isinstance(record, TherapySession):
            self._session(record, date, sign)
        elif sign > 0:
            self._take(entry, Taken.of(record, date))
        else:
            self._untake(self._taken.pop(entry))

    def _session(self, record: TherapySession, date: int, sign: int) -> None:
        day = self.days[date]
        day.sessions[record.type] += sign
        if record.type == "brace":
            day.brace_minutes += sign * (record.minutes or 0)
        elif record.type == "injection":
            self.injections[date] += sign

    def _take(self, entry: Entry, taken: Taken) -> None:
        self._taken[entry] = taken
        self.days[taken.day].taken.append(taken)
        self.intakes.add(taken)
        if DrugClass.OPIOID in taken.classes:
            self.opioid_days.add(taken.day)

    def _untake(self, taken: Taken) -> None:
        self.days[taken.day].taken.remove(taken)
        self.intakes.remove(taken)
        if DrugClass.OPIOID in taken.classes:
            self.opioid_days.remove(taken.day)


def _excused(history: History) -> frozenset[int]:
    return frozenset(
        day
        for each in history.form.episode.excused
        for day in range(each.from_date.toordinal(), each.until_date.toordinal() + 1)
    )

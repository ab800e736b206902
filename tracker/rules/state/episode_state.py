"""What is known of a patient at one moment, built from the records in order of submission.

`put` takes the versions of the records as they are submitted; the rules read days.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from tracker.rules.history.episodes import Episode
from tracker.rules.history.history import History
from tracker.rules.history.records import (
    CompressUse,
    DiaryEntry,
    PegScore,
    Record,
    TherapySession,
    Treatment,
)
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.medicines.catalog import DrugClass
from tracker.rules.medicines.intakes import Intakes, TakenDose
from tracker.rules.medicines.opioid_courses import OpioidCourses
from tracker.rules.medicines.plan import MedicinePlan
from tracker.rules.state.prefix_sums import PrefixSums
from tracker.rules.state.weekly_means import WeeklyMeans

LATE = timedelta(hours=48)
BACKFILL_DAYS = 7


class Day:
    """One local day of the diary and of the treatments."""

    __slots__ = (
        "activity",
        "brace_minutes",
        "compresses",
        "doses",
        "function",
        "has_entry",
        "is_analyzed",
        "is_excused",
        "is_on_time",
        "pain",
        "sessions",
        "sleep",
        "treatments",
    )

    def __init__(self, *, is_excused: bool = False) -> None:
        self.is_excused = is_excused
        self.treatments = 0
        self.compresses = 0
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


class EpisodeState:
    def __init__(self, history: History) -> None:
        self.history = history
        self.calendar = history.calendar
        self.patient = history.document.patient
        self.plan = history.document.plan
        self.medicines = MedicinePlan(self.plan)
        self.conditions = frozenset(self.patient.conditions)
        self.episodes = history.episodes
        self.days: dict[int, Day] = {}
        self.excused = _excused(history)
        self.prefix_sums = PrefixSums(self)
        self.weekly_means = {
            e.number: WeeklyMeans(self.days, e.first_day) for e in self.episodes.all
        }
        self.intakes = Intakes()
        self.opioid_courses = OpioidCourses()
        self.injections: Counter[int] = Counter()
        self.pegs: dict[int, PegScore] = {}
        self.latest_on_time: int | None = None
        self._current: dict[VersionedRecord, Version] = {}
        self._claims: dict[tuple[type, int], list[VersionedRecord]] = {}
        self._doses: dict[VersionedRecord, TakenDose] = {}

    @classmethod
    def at(cls, history: History, *, entered_by: datetime, corrected_by: datetime) -> EpisodeState:
        """The records there were at one moment, with the corrections of a later one."""
        state = cls(history)
        later = []
        for entry in history.entries:
            if entry.first.submitted_at <= entered_by:
                state.put(entry, entry.at(corrected_by))
            elif entry.first.submitted_at <= corrected_by:
                later.append(entry)
        for entry in later:
            if state.has_version_of(entry.first.record):
                state.put(entry, entry.at(corrected_by))
        return state

    def has_version_of(self, record: Record) -> bool:
        """Whether a diary entry or PEG of this date is there already: a second revises."""
        return (
            isinstance(record, (DiaryEntry, PegScore))
            and self._latest_version(type(record), record.date.toordinal()) is not None
        )

    def put(self, entry: VersionedRecord, version: Version) -> Version | None:
        """A record arrives, or a version of it. Returns what it takes the place of.

        A second diary entry, or PEG, of a date takes the place of the first.
        """
        before = self._current.get(entry)
        replaced = before
        if before is not None:
            self._apply(entry, before, -1)
        elif isinstance(version.record, (DiaryEntry, PegScore)):
            replaced = self._latest_version(type(version.record), version.record.date.toordinal())
        self._current[entry] = version
        self._apply(entry, version, 1)
        return replaced

    def current(self, entry: VersionedRecord) -> Version:
        return self._current[entry]

    def dose_of(self, entry: VersionedRecord) -> TakenDose | None:
        """An intake as the rules see it; None if it was logged too late."""
        return self._doses.get(entry)

    def is_analyzed(self, entry: VersionedRecord) -> bool:
        """Whether a treatment was logged within seven local days."""
        first = entry.first
        logged = self.calendar.day_of(first.submitted_at)
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

    def weekly_means_of(self, episode: Episode) -> WeeklyMeans:
        return self.weekly_means[episode.number]

    def took_class(self, wanted: DrugClass, day: int, days: int, at: datetime | None) -> bool:
        """Whether a systemic medicine of a class was taken in the days ending on `day`."""
        if not self.intakes.include(wanted):
            return False
        for each in range(day - days + 1, day + 1):
            for dose in self.day(each).doses:
                if wanted in dose.classes and (at is None or dose.at <= at):
                    return True
        return False

    def _apply(self, entry: VersionedRecord, version: Version, sign: int) -> None:
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

    def _claim(self, entry: VersionedRecord, record: DiaryEntry | PegScore, sign: int) -> None:
        claims = self._claims.setdefault((type(record), record.date.toordinal()), [])
        if sign > 0:
            claims.append(entry)
        else:
            claims.remove(entry)

    def _latest_version(self, kind: type[DiaryEntry] | type[PegScore], day: int) -> Version | None:
        """The latest of the versions that speak of a date: a second entry revises."""
        claims = self._claims.get((kind, day))
        if not claims:
            return None
        if len(claims) == 1:
            return self._current[claims[0]]
        return max((self._current[each] for each in claims), key=Version.order)

    def _diary(self, date: int) -> None:
        day = self._opened(date)
        day.clear_entry()
        standing = self._latest_version(DiaryEntry, date)
        if standing is not None and isinstance(standing.record, DiaryEntry):
            self._fill(day, date, standing.record)
        for weeks in self.weekly_means.values():
            weeks.invalidate(date)
        self.prefix_sums.invalidate(date)
        self._find_latest(date)

    def _fill(self, day: Day, date: int, entry: DiaryEntry) -> None:
        first = min(claim.first.submitted_at for claim in self._claims[DiaryEntry, date])
        day.has_entry = True
        day.is_on_time = self.calendar.start(date) <= first < self.calendar.close(date)
        ends_at = self.calendar.start(date + 1)
        day.is_analyzed = day.is_on_time or self.calendar.close(date) <= first < ends_at + LATE
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
        standing = self._latest_version(PegScore, day)
        if standing is not None and isinstance(standing.record, PegScore):
            self.pegs[day] = standing.record
        else:
            self.pegs.pop(day, None)

    def _treatment(self, entry: VersionedRecord, record: Treatment, date: int, sign: int) -> None:
        day = self._opened(date)
        day.treatments += sign
        self.prefix_sums.invalidate(date)
        if isinstance(record, CompressUse):
            day.compresses += sign
        elif isinstance(record, TherapySession):
            self._session(record, date, sign)
        elif sign > 0:
            self._add_dose(entry, TakenDose.of(record, date))
        else:
            self._remove_dose(self._doses.pop(entry))

    def _session(self, record: TherapySession, date: int, sign: int) -> None:
        day = self.days[date]
        day.sessions[record.type] += sign
        if record.type == "brace":
            day.brace_minutes += sign * (record.minutes or 0)
        elif record.type == "injection":
            self.injections[date] += sign

    def _add_dose(self, entry: VersionedRecord, dose: TakenDose) -> None:
        self._doses[entry] = dose
        self.days[dose.day].doses.append(dose)
        self.intakes.add(dose)
        if DrugClass.OPIOID in dose.classes:
            self.opioid_courses.add(dose.day)

    def _remove_dose(self, dose: TakenDose) -> None:
        self.days[dose.day].doses.remove(dose)
        self.intakes.remove(dose)
        if DrugClass.OPIOID in dose.classes:
            self.opioid_courses.remove(dose.day)


def _excused(history: History) -> frozenset[int]:
    return frozenset(
        day
        for each in history.document.episode.excused
        for day in range(each.from_date.toordinal(), each.until_date.toordinal() + 1)
    )

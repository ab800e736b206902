"""What is known of a patient at one moment, built from the records in order of submission.

`put` takes the versions of the records as they are submitted; the rules read days.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct

from tracker.rules.history.calendar import LocalCalendar
from tracker.rules.history.episodes import Episode
from tracker.rules.history.history import History
from tracker.rules.history.records import (
    CompressUse,
    DiaryEntry,
    PegScore,
    TherapySession,
    Treatment,
)
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.medicines.catalog import DrugClass
from tracker.rules.medicines.intakes import Intakes, TakenDose
from tracker.rules.medicines.opioid_courses import CarriedCourses, OpioidCourses
from tracker.rules.medicines.plan import MedicinePlan
from tracker.rules.state.current_versions import CurrentVersions
from tracker.rules.state.day import Day
from tracker.rules.state.days import CarriedDays, Days
from tracker.rules.state.prefix_sums import PrefixSums
from tracker.rules.state.weekly_means import CarriedMeans, Response, WeeklyMeans

LATE = timedelta(hours=48)
BACKFILL_DAYS = 7
#: How far before a closed day the rules look for a dose by its time, and for a week: with
#: all thresholds at their bounds, 24 days and 58. What a checkpoint carries begins there.
INTAKES_AFTER = 28
WEEKS_AFTER = 60


class CarriedState(Struct, frozen=True, array_like=True):
    """What rules still read of the records up to a checkpoint, as plain data.

    Which version of a record holds is not carried: none of these has another one later.
    """

    days: CarriedDays
    #: The first day whose doses are looked up by their time.
    intakes_from: int
    #: By the number of the episode.
    means: dict[int, CarriedMeans]
    injections: dict[int, int]
    opioid_courses: CarriedCourses
    pegs: dict[int, PegScore]
    latest_day: int
    first_patch_day: int | None


class EpisodeState:
    def __init__(self, history: History, carried: CarriedState | None = None) -> None:
        self.history = history
        self.calendar = history.calendar
        self.patient = history.document.patient
        self.plan = history.document.plan
        self.medicines = MedicinePlan(self.plan)
        self.conditions = frozenset(self.patient.conditions)
        self.episodes = history.episodes
        self.versions = CurrentVersions()
        self.excused = _excused(history)
        self.days = Days(self.excused, carried.days if carried else None)
        self.prefix_sums = PrefixSums(self)
        self.weekly_means = {
            e.number: WeeklyMeans(
                self.days, e.first_day, carried.means.get(e.number) if carried else None
            )
            for e in self.episodes.all
        }
        #: Of each episode, those before the days that are here.
        self.earlier_injections = carried.injections if carried else {}
        self._intakes_from = carried.intakes_from if carried else 0
        self.opioid_courses = OpioidCourses(carried.opioid_courses if carried else None)
        self.pegs = dict(carried.pegs) if carried else {}
        #: Not carried: an entry that comes later is on time for a later day.
        self.latest_on_time: int | None = None
        #: The latest day that a record speaks of; it may lie ahead.
        self.latest_day = carried.latest_day if carried else 0
        #: When the first patch of fentanyl was logged.
        self.first_patch_day = carried.first_patch_day if carried else None
        self._doses: dict[VersionedRecord, TakenDose] = {}

    @cached_property
    def intakes(self) -> Intakes:
        """Doses by time; those of a checkpoint are gone through only when one is asked for."""
        intakes = Intakes()
        for dose in self.days.doses_from(self._intakes_from):
            intakes.add(dose)
        return intakes

    @classmethod
    def at(
        cls,
        history: History,
        *,
        entered_by: datetime,
        corrected_by: datetime,
        carried: CarriedState | None = None,
    ) -> EpisodeState:
        """The records there were at one moment, with the corrections of a later one."""
        state = cls(history, carried)
        later = []
        for entry in history.entries:
            if entry.first.submitted_at <= entered_by:
                state.put(entry, entry.at(corrected_by))
            elif entry.first.submitted_at <= corrected_by:
                later.append(entry)
        for entry in later:
            if state.versions.revises(entry.first.record):
                state.put(entry, entry.at(corrected_by))
        return state

    def put(self, entry: VersionedRecord, version: Version) -> Version | None:
        """A record arrives, or a version of it. Returns what it takes the place of.

        A second diary entry, or PEG, of a date takes the place of the first.
        """
        self.latest_day = max(self.latest_day, version.day)
        before = self.versions.of(entry)
        replaced = self.versions.put(entry, version)
        if before is not None:
            self._count(entry, before, -1)
        self._count(entry, version, 1)
        return replaced

    def dose_of(self, entry: VersionedRecord) -> TakenDose | None:
        """An intake as the rules see it; None if it was logged too late."""
        return self._doses.get(entry)

    def is_analyzed(self, entry: VersionedRecord) -> bool:
        """Whether a treatment was logged within seven local days."""
        return is_analyzed(entry, self.calendar)

    def day(self, day: int) -> Day:
        """What is known of a day; for reading only."""
        return self.days[day]

    def is_known(self, day: int) -> bool:
        """Whether a diary entry or a treatment tells of a day."""
        return self.day(day).is_known

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

    def _count(self, entry: VersionedRecord, version: Version, sign: int) -> None:
        """Count a version, or (with -1) count it no more."""
        if isinstance(version.record, DiaryEntry):
            self._refresh_diary(version.day)
        elif isinstance(version.record, PegScore):
            self._refresh_peg(version.day)
        elif isinstance(version.record, Treatment) and self.is_analyzed(entry):
            self._count_treatment(entry, version.record, version.day, sign)

    def _refresh_diary(self, date: int) -> None:
        day = self.days.opened(date)
        day.clear_entry()
        latest = self.versions.of_date(DiaryEntry, date)
        if latest is not None and isinstance(latest.record, DiaryEntry):
            self._fill(day, date, latest.record)
        for means in self.weekly_means.values():
            means.invalidate(date)
        self.prefix_sums.invalidate(date)
        self._find_latest(date)

    def _fill(self, day: Day, date: int, entry: DiaryEntry) -> None:
        entries = self.versions.entries_of_date(DiaryEntry, date)
        first = min(each.first.submitted_at for each in entries)
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

    def _refresh_peg(self, day: int) -> None:
        latest = self.versions.of_date(PegScore, day)
        if latest is not None and isinstance(latest.record, PegScore):
            self.pegs[day] = latest.record
        else:
            self.pegs.pop(day, None)

    def _count_treatment(
        self, entry: VersionedRecord, record: Treatment, date: int, sign: int
    ) -> None:
        day = self.days.opened(date)
        day.treatments += sign
        self.prefix_sums.invalidate(date)
        if isinstance(record, CompressUse):
            day.thermal_uses += sign
        elif isinstance(record, TherapySession):
            day.add_session(record, sign)
        elif sign > 0:
            self._add_dose(entry, TakenDose.of(record, date))
        else:
            self._remove_dose(self._doses.pop(entry))

    def _add_dose(self, entry: VersionedRecord, dose: TakenDose) -> None:
        self._doses[entry] = dose
        # First: they may only now be made of the doses of the days.
        self.intakes.add(dose)
        self.days[dose.day].doses.append(dose)
        if DrugClass.OPIOID in dose.classes:
            self.opioid_courses.add(dose.day)
        if dose.is_fentanyl_patch:
            self.first_patch_day = min(self.first_patch_day or dose.day, dose.day)

    def _remove_dose(self, dose: TakenDose) -> None:
        self.days[dose.day].doses.remove(dose)
        self.intakes.remove(dose)
        if DrugClass.OPIOID in dose.classes:
            self.opioid_courses.remove(dose.day)

    def carried(
        self, closed_day: int, window: int, responses: Collection[Response]
    ) -> CarriedState:
        """Plain data of what rules read from the close of a day on, with `window` days."""
        kept_from = closed_day + 1 - window
        means = {
            number: each.carried(closed_day - WEEKS_AFTER, responses)
            for number, each in self.weekly_means.items()
        }
        return CarriedState(
            days=self.days.carried(kept_from),
            intakes_from=closed_day - INTAKES_AFTER,
            means={number: each for number, each in means.items() if each is not None},
            injections={e.number: self._injections(e, kept_from) for e in self.episodes.all},
            opioid_courses=self.opioid_courses.carried(kept_from),
            pegs=self._carried_pegs(kept_from),
            latest_day=self.latest_day,
            first_patch_day=self.first_patch_day,
        )

    def _injections(self, episode: Episode, upto: int) -> int:
        """Injections of an episode before a day."""
        here = range(max(episode.first_day, self.days.kept_from), upto)
        return self.earlier_injections.get(episode.number, 0) + sum(
            self.days.peek(day).injections for day in here
        )

    def _carried_pegs(self, kept_from: int) -> dict[int, PegScore]:
        """The first of each episode, and those that may be the newest."""
        firsts = {
            min((day for day in self.pegs if day >= e.first_day), default=0)
            for e in self.episodes.all
        }
        return {d: peg for d, peg in self.pegs.items() if d >= kept_from or d in firsts}


def is_analyzed(entry: VersionedRecord, calendar: LocalCalendar) -> bool:
    """Whether a treatment was logged within seven local days."""
    first = entry.first
    return calendar.day_of(first.submitted_at) - first.day <= BACKFILL_DAYS


def _excused(history: History) -> frozenset[int]:
    return frozenset(
        day
        for each in history.document.episode.excused
        for day in range(each.from_date.toordinal(), each.until_date.toordinal() + 1)
    )

"""Everything known of one patient, in one value.

A History is the same value whatever the order or number of copies of its records.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date
from functools import cached_property
from typing import Any

import msgspec

from tracker.rules.episodes import Episodes
from tracker.rules.local_days import LocalDays, zone_names
from tracker.rules.records import (
    DiaryEntry,
    HistoryForm,
    MedicationIntake,
    PegScore,
    PlannedMeasure,
    Record,
    submitted_at,
)
from tracker.rules.thresholds import THRESHOLDS, InvalidThreshold

_EARLIEST, _LATEST = Date(1990, 1, 1), Date(2200, 1, 1)
_EARLIEST_BIRTH = Date(1890, 1, 1)
_NAMED_FIELD = re.compile(r"(?:missing required|unknown) field `(?P<name>[^`]*)`")


class InvalidHistory(ValueError):
    """A field is outside its domain; `path` names it, as `records[3].minutes`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Version:
    """A record as it stood from `submitted_at` on."""

    submitted_at: datetime
    record: Record
    #: The local day that it speaks of.
    day: int

    def order(self) -> tuple[datetime, str, str, bytes]:
        """A total order: what is equal in all of these is the same record."""
        record = self.record
        content = msgspec.json.encode(record)
        return self.submitted_at, type(record).__name__, record.id or "", content


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One record with all its versions, oldest first.

    Its timeliness is that of the first version, its values those of the latest.
    """

    versions: tuple[Version, ...]

    @property
    def first(self) -> Version:
        return self.versions[0]

    def at(self, instant: datetime) -> Version:
        """The version that stood at an instant at which the record existed."""
        return next(v for v in reversed(self.versions) if v.submitted_at <= instant)


@dataclass(frozen=True)
class History:
    form: HistoryForm
    entries: tuple[Entry, ...]
    days: LocalDays

    @classmethod
    def of(cls, form: HistoryForm) -> History:
        """Check what types cannot say, and put the records in order.

        Raises InvalidHistory.
        """
        _check(form)
        zones = sorted((z.from_date, z.time_zone) for z in form.patient.time_zones)
        first = (Date.min.toordinal(), form.patient.time_zone)
        days = LocalDays([first, *((on.toordinal(), name) for on, name in zones)])
        return cls(form, tuple(_entries(form.records, days)), days)

    @cached_property
    def episodes(self) -> Episodes:
        form = self.form.episode
        surgery = form.surgery_date.toordinal() if form.surgery_date else None
        return Episodes(form.index_date.toordinal(), surgery)

    @cached_property
    def arrivals(self) -> dict[datetime, list[tuple[Entry, Version]]]:
        """Every version of every record by the instant it was submitted, oldest first."""
        arrivals: dict[datetime, list[tuple[Entry, Version]]] = defaultdict(list)
        for entry in self.entries:
            for version in entry.versions:
                arrivals[version.submitted_at].append((entry, version))
        return dict(sorted(arrivals.items()))

    @cached_property
    def last_day(self) -> int | None:
        """The latest local day that a record speaks of."""
        latest = (entry.versions[-1].day for entry in self.entries)
        return max(latest, default=None)


def parse_history(document: Mapping[str, Any] | str | bytes) -> History:
    """One replayed history, as JSON text or as the mapping it decodes to.

    Raises InvalidHistory.
    """
    if isinstance(document, (str, bytes)):
        return History.of(_decoded(document))
    return History.of(_converted(document, HistoryForm))


def parse_record(document: object) -> Record:
    """One record by itself. Raises InvalidHistory."""
    record: Record = _converted(document, Record)
    _check_record(record, "")
    return record


def _decoded(text: str | bytes) -> HistoryForm:
    try:
        return msgspec.json.decode(text, type=HistoryForm)
    except msgspec.ValidationError as error:
        raise _located(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidHistory("", str(error)) from None


def _converted(document: object, shape: Any) -> Any:
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise _located(error) from None


def _located(error: msgspec.ValidationError) -> InvalidHistory:
    message, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").removeprefix(".")
    if named := _NAMED_FIELD.search(message):
        path = f"{path}.{named['name']}".removeprefix(".")
    return InvalidHistory(path, message)


def _check(form: HistoryForm) -> None:
    _check_zone(form.patient.time_zone, "patient.time_zone")
    for i, change in enumerate(form.patient.time_zones):
        _check_zone(change.time_zone, f"patient.time_zones[{i}].time_zone")
        _check_date(change.from_date, f"patient.time_zones[{i}].from")
    _check_episode(form)
    for i, measure in enumerate(form.plan):
        _check_measure(measure, f"plan[{i}]")
    for i, record in enumerate(form.records):
        _check_record(record, f"records[{i}]")
    for i, closure in enumerate(form.closures):
        _check_date(closure.at.date(), f"closures[{i}].at")
    _check_thresholds(form.thresholds, "thresholds")
    for i, period in enumerate(form.rulesets):
        _check_date(period.from_date, f"rulesets[{i}].from")
        _check_thresholds(period.thresholds, f"rulesets[{i}].thresholds")


def _check_thresholds(changes: Mapping[str, int | float], path: str) -> None:
    try:
        THRESHOLDS.with_changes(changes)
    except InvalidThreshold as error:
        raise InvalidHistory(f"{path}.{error.name}", error.message) from None


def _check_episode(form: HistoryForm) -> None:
    birth_date, episode = form.patient.birth_date, form.episode
    if birth_date is not None:
        _check_date(birth_date, "patient.birth_date", earliest=_EARLIEST_BIRTH)
    _check_date(episode.index_date, "episode.index_date")
    if episode.surgery_date is not None:
        _check_date(episode.surgery_date, "episode.surgery_date")
    if episode.onset_date is not None:
        _check_date(episode.onset_date, "episode.onset_date", earliest=_EARLIEST_BIRTH)
    for i, excused in enumerate(episode.excused):
        _check_period(excused.from_date, excused.until_date, f"episode.excused[{i}]")


def _check_measure(measure: PlannedMeasure, path: str) -> None:
    _check_period(measure.from_date, measure.until_date, path)
    is_medicine = measure.measure == "medication"
    if is_medicine and not measure.ingredients:
        raise InvalidHistory(f"{path}.ingredients", "A medication has ingredients")
    if not is_medicine and measure.ingredients:
        raise InvalidHistory(f"{path}.ingredients", "Only a medication has ingredients")
    if not is_medicine and measure.doses_per_day is not None:
        raise InvalidHistory(f"{path}.doses_per_day", "Only a medication has doses")
    if is_medicine and measure.sessions_per_week is not None:
        message = "A medication is planned in doses"
        raise InvalidHistory(f"{path}.sessions_per_week", message)
    if measure.measure != "brace" and measure.minutes_per_day is not None:
        raise InvalidHistory(f"{path}.minutes_per_day", "Only a brace has minutes")


def _check_record(record: Record, path: str) -> None:
    try:
        if isinstance(record, (DiaryEntry, PegScore)):
            _check_date(record.date, "date")
        else:
            _check_date(record.at.date(), "at")
        if record.submitted_at is not None:
            _check_date(record.submitted_at.date(), "submitted_at")
        if isinstance(record, MedicationIntake):
            _check_doses(record)
    except InvalidHistory as error:
        raise InvalidHistory(f"{path}.{error.path}".lstrip("."), error.message) from None


def _check_doses(intake: MedicationIntake) -> None:
    for i, dose in enumerate(intake.ingredients):
        if dose.mg is None and dose.mcg_per_hour is None:
            message = "Expected mg, or mcg_per_hour for a patch"
            raise InvalidHistory(f"ingredients[{i}].mg", message)


def _check_zone(name: str, path: str) -> None:
    if name not in zone_names():
        raise InvalidHistory(path, "Expected the name of an IANA time zone")


def _check_period(first: Date | None, last: Date | None, path: str) -> None:
    if first is not None:
        _check_date(first, f"{path}.from")
    if last is not None:
        _check_date(last, f"{path}.until")
    if first is not None and last is not None and last < first:
        raise InvalidHistory(f"{path}.until", "Expected a date not before `from`")


def _check_date(date: Date, path: str, *, earliest: Date = _EARLIEST) -> None:
    if not earliest <= date < _LATEST:
        raise InvalidHistory(path, f"Expected a date from {earliest} to {_LATEST}")


def _entries(records: tuple[Record, ...], days: LocalDays) -> Iterator[Entry]:
    """Gather the versions of each record: by a shared id, or by `replaces`."""
    positions = {record: i for i, record in reversed(list(enumerate(records)))}
    roots = _Roots(record.id for record in positions if record.id is not None)
    for record, position in positions.items():
        if record.replaces is not None and record.replaces not in roots:
            path = f"records[{position}].replaces"
            raise InvalidHistory(path, "No record has this id")
        roots.join(record)
    groups: dict[object, list[Version]] = {}
    for record in positions:
        version = Version(submitted_at(record).astimezone(UTC), record, _day_of(record, days))
        groups.setdefault(roots.root(record), []).append(version)
    for versions in groups.values():
        if len(versions) > 1:
            versions.sort(key=Version.order)
            _check_one_kind(versions, positions)
    for versions in sorted(groups.values(), key=lambda each: each[0].order()):
        yield Entry(tuple(versions))


def _day_of(record: Record, days: LocalDays) -> int:
    if isinstance(record, (DiaryEntry, PegScore)):
        return record.date.toordinal()
    return days.day_of(record.at)


class _Roots:
    """Which ids name the same record (a small union-find)."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._parent = {each: each for each in ids}

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._parent

    def join(self, record: Record) -> None:
        if record.id is not None and record.replaces is not None:
            self._parent[self._top(record.id)] = self._top(record.replaces)

    def root(self, record: Record) -> object:
        name = record.replaces or record.id
        return record if name is None else self._top(name)

    def _top(self, record_id: str) -> str:
        while (parent := self._parent[record_id]) != record_id:
            self._parent[record_id] = record_id = self._parent[parent]
        return record_id


def _check_one_kind(versions: list[Version], positions: Mapping[Record, int]) -> None:
    named = (version for version in versions if version.record.replaces is None)
    kind = type(next(named, versions[0]).record)
    for version in versions:
        if type(version.record) is not kind:
            path = f"records[{positions[version.record]}].kind"
            raise InvalidHistory(path, "A correction has the kind of what it corrects")

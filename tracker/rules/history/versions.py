"""Records with their versions: which corrects which, and in what order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from tracker.rules.history.calendar import LocalCalendar
from tracker.rules.history.records import DiaryEntry, PegScore, Record, submitted_at
from tracker.rules.history.validation import InvalidHistory


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
class VersionedRecord:
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


def versioned_records(
    records: tuple[Record, ...], calendar: LocalCalendar
) -> Iterator[VersionedRecord]:
    """Gather the versions of each record: by a shared id, or by `replaces`."""
    positions = {record: i for i, record in reversed(list(enumerate(records)))}
    known = {record.id for record in positions}
    for record, position in positions.items():
        if record.replaces is not None and record.replaces not in known:
            path = f"records[{position}].replaces"
            raise InvalidHistory(path, "No record has this id")
    ids = _ids_of_one_record(positions)
    groups: dict[object, list[Version]] = {}
    for record in positions:
        version = Version(submitted_at(record).astimezone(UTC), record, _day_of(record, calendar))
        name = record.replaces or record.id
        group = record if name is None else id(ids[name])
        groups.setdefault(group, []).append(version)
    for versions in groups.values():
        if len(versions) > 1:
            versions.sort(key=Version.order)
            _check_one_kind(versions, positions)
    for versions in sorted(groups.values(), key=lambda each: each[0].order()):
        yield VersionedRecord(tuple(versions))


def _day_of(record: Record, calendar: LocalCalendar) -> int:
    if isinstance(record, (DiaryEntry, PegScore)):
        return record.date.toordinal()
    return calendar.day_of(record.at)


def _ids_of_one_record(records: Iterable[Record]) -> dict[str, list[str]]:
    """For each id, all ids of its record: those joined by `replaces`, in whatever order."""
    ids = {record.id: [record.id] for record in records if record.id is not None}
    for record in records:
        if record.id is not None and record.replaces is not None:
            smaller, larger = sorted((ids[record.id], ids[record.replaces]), key=len)
            if smaller is not larger:
                larger += smaller
                ids |= dict.fromkeys(smaller, larger)
    return ids


def _check_one_kind(versions: list[Version], positions: Mapping[Record, int]) -> None:
    named = (version for version in versions if version.record.replaces is None)
    kind = type(next(named, versions[0]).record)
    for version in versions:
        if type(version.record) is not kind:
            path = f"records[{positions[version.record]}].kind"
            raise InvalidHistory(path, "A correction has the kind of what it corrects")

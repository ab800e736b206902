"""Records with their versions: which corrects which, and in what order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from tracker.rules.checking import InvalidHistory
from tracker.rules.local_days import LocalDays
from tracker.rules.records import DailyForm, Record, submitted_at


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


def entries_of(records: tuple[Record, ...], days: LocalDays) -> Iterator[Entry]:
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
    if isinstance(record, DailyForm):
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

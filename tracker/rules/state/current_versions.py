"""Which version of each record holds at one moment."""

from __future__ import annotations

from tracker.rules.history.records import DiaryEntry, PegScore, Record
from tracker.rules.history.versions import Version, VersionedRecord

#: There is one of these for each date: a second one revises the first.
Daily = DiaryEntry | PegScore


class CurrentVersions:
    def __init__(self) -> None:
        self._versions: dict[VersionedRecord, Version] = {}
        self._of_dates: dict[tuple[type[Daily], int], list[VersionedRecord]] = {}

    def of(self, entry: VersionedRecord) -> Version | None:
        """The version of a record that holds; None before the first has come."""
        return self._versions.get(entry)

    def current(self, entry: VersionedRecord) -> Version:
        """The version of a record that has come."""
        return self._versions[entry]

    def put(self, entry: VersionedRecord, version: Version) -> Version | None:
        """A record arrives, or a version of it. Returns what it takes the place of."""
        replaced = self._versions.get(entry)
        if replaced is not None:
            if isinstance(replaced.record, Daily):
                self._of_dates[type(replaced.record), replaced.day].remove(entry)
        elif isinstance(version.record, Daily):
            replaced = self.of_date(type(version.record), version.day)
        self._versions[entry] = version
        if isinstance(version.record, Daily):
            self._of_dates.setdefault((type(version.record), version.day), []).append(entry)
        return replaced

    def of_date(self, kind: type[Daily], day: int) -> Version | None:
        """The latest of the versions that speak of a date."""
        entries = self.entries_of_date(kind, day)
        if len(entries) > 1:
            return max((self._versions[each] for each in entries), key=Version.order)
        return self._versions[entries[0]] if entries else None

    def entries_of_date(self, kind: type[Daily], day: int) -> list[VersionedRecord]:
        return self._of_dates.get((kind, day), [])

    def revises(self, record: Record) -> bool:
        """Whether a diary entry or PEG of this date is there already."""
        if not isinstance(record, Daily):
            return False
        return bool(self.entries_of_date(type(record), record.date.toordinal()))

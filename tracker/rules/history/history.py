"""Everything known of one patient, in one value.

A History is the same value whatever the order or number of copies of its records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from tracker.rules.history.calendar import LocalCalendar
from tracker.rules.history.documents import HistoryDocument
from tracker.rules.history.episodes import Episodes
from tracker.rules.history.records import Record
from tracker.rules.history.validation import InvalidHistory, check_history, check_record
from tracker.rules.history.versions import Version, VersionedRecord, versioned_records
from tracker.validation_errors import invalid_field


@dataclass(frozen=True)
class History:
    document: HistoryDocument
    entries: tuple[VersionedRecord, ...]
    calendar: LocalCalendar

    @classmethod
    def of(cls, document: HistoryDocument) -> History:
        """Check what types cannot say, and put the records in order.

        Raises InvalidHistory.
        """
        check_history(document)
        zones = sorted((z.from_date, z.time_zone) for z in document.patient.time_zones)
        first = (Date.min.toordinal(), document.patient.time_zone)
        calendar = LocalCalendar([first, *((on.toordinal(), name) for on, name in zones)])
        return cls(document, tuple(versioned_records(document.records, calendar)), calendar)

    @cached_property
    def episodes(self) -> Episodes:
        document = self.document.episode
        surgery = document.surgery_date.toordinal() if document.surgery_date else None
        return Episodes(document.index_date.toordinal(), surgery)

    @cached_property
    def arrivals(self) -> dict[datetime, list[tuple[VersionedRecord, Version]]]:
        """Every version of every record by the instant it was submitted, oldest first."""
        arrivals: dict[datetime, list[tuple[VersionedRecord, Version]]] = defaultdict(list)
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
    return History.of(_converted(document, HistoryDocument))


def parse_record(document: object) -> Record:
    """One record by itself. Raises InvalidHistory."""
    record: Record = _converted(document, Record)
    check_record(record, "")
    return record


def _decoded(text: str | bytes) -> HistoryDocument:
    try:
        return msgspec.json.decode(text, type=HistoryDocument)
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
    refused = invalid_field(error)
    steps = (refused.path, refused.field)
    path = ".".join(step for step in steps if step is not None).removeprefix(".")
    return InvalidHistory(path, refused.message, code=refused.code)

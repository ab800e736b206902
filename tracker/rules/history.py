"""Everything known of one patient, in one value.

A History is the same value whatever the order or number of copies of its records.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Union

import msgspec
from msgspec import defstruct

from tracker.rules.checking import InvalidHistory, check_history, check_record
from tracker.rules.episodes import Episodes
from tracker.rules.local_days import LocalDays
from tracker.rules.records import RECORD_TYPES, HistoryForm, Record, RecordForm
from tracker.rules.versions import Entry, Version, entries_of

_NAMED_FIELD = re.compile(r"(?:missing required|unknown) field `(?P<name>[^`]*)`")


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
        check_history(form)
        zones = sorted((z.from_date, z.time_zone) for z in form.patient.time_zones)
        first = (Date.min.toordinal(), form.patient.time_zone)
        days = LocalDays([first, *((on.toordinal(), name) for on, name in zones)])
        return cls(form, tuple(entries_of(form.records, days)), days)

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


def parse_history(
    document: Mapping[str, Any] | str | bytes, *, other_forms: tuple[type[RecordForm], ...] = ()
) -> History:
    """One replayed history, as JSON text or as the mapping it decodes to.

    It may hold records of `other_forms` too, which no rule reads. Raises InvalidHistory.
    """
    form = _history_form(other_forms)
    if isinstance(document, (str, bytes)):
        return History.of(_decoded(document, form))
    return History.of(_converted(document, form))


@cache
def _history_form(other_forms: tuple[type[RecordForm], ...]) -> type[HistoryForm]:
    if not other_forms:
        return HistoryForm
    record: Any = Union[(*RECORD_TYPES, *other_forms)]
    form: Any = defstruct(
        "HistoryForm",
        [("records", tuple[record, ...])],
        bases=(HistoryForm,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    whole: type[HistoryForm] = form
    return whole


def parse_record(document: object) -> Record:
    """One record by itself. Raises InvalidHistory."""
    record: Record = _converted(document, Record)
    check_record(record, "")
    return record


def _decoded(text: str | bytes, form: type[HistoryForm]) -> HistoryForm:
    try:
        return msgspec.json.decode(text, type=form)
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

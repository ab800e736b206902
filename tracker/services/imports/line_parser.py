"""Parse one line of the file to a day of a person's diary, or to a problem."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from tracker.services.imports.columns import SCORES, Columns, tops
from tracker.services.imports.csv_file import Row
from tracker.services.imports.problems import Code, Problem

Rounding = Literal["half-up"]

EARLIEST = date(1990, 1, 1)  # as the rules have it
MAX_REFERENCE, MAX_NOTE = 120, 2000
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,40})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(slots=True)
class Line:
    """A parsed line; `scores` are by the field names of a record."""

    number: int
    patient: str = ""
    date: date | None = None
    scores: dict[str, int] = field(default_factory=dict)
    #: the file's text, where it was rounded
    originals: dict[str, str] = field(default_factory=dict)
    pain: Decimal | None = None  #: before rounding
    note: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def says_something(self) -> bool:
        return bool(self.scores or self.note or self.problems)

    def problem(self, code: Code, message: str, *, column: str = "", value: str = "") -> Problem:
        return Problem(
            line=self.number,
            code=code,
            message=message,
            column=column,
            value=value,
            patient=self.patient,
            date=self.date.isoformat() if self.date else "",
        )


@dataclass(slots=True)
class LineParser:
    columns: Columns
    rounding: Rounding | None = None
    date_format: str | None = None
    #: texts that mean "not asked", besides an empty cell
    missing: frozenset[str] = frozenset()
    tops: dict[str, int] = field(default_factory=tops)

    def site(self, row: Row) -> str | None:
        position = self.columns.index.get("site")
        return None if position is None or position >= len(row.cells) else row.cells[position]

    def parse(self, row: Row) -> Line:
        line = Line(row.line)
        if len(row.cells) != len(self.columns.header):
            line.problems.append(
                line.problem(
                    Code.RAGGED_LINE,
                    f"{len(row.cells)} cells, but the header has {len(self.columns.header)}.",
                )
            )
            return line
        self._take(line, row, "patient", self._patient)
        self._take(line, row, "date", self._date)
        for name in self.columns.scores():
            self._take(line, row, name, self._score)
        self._take(line, row, "note", self._note)
        return line

    def _take(
        self, line: Line, row: Row, name: str, parse: Callable[[Line, str, str], None]
    ) -> None:
        if name not in self.columns.index:
            return
        text = row.cells[self.columns.index[name]].strip()
        try:
            if _UNPRINTABLE.search(text):
                raise _Refused(Code.UNPRINTABLE, "Holds a control character.")
            parse(line, name, text)
        except _Refused as refused:
            value = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
            title = self.columns.title(name)
            line.problems.append(
                line.problem(refused.code, refused.message, column=title, value=value)
            )

    def _patient(self, line: Line, name: str, text: str) -> None:
        if not text:
            raise _Refused(Code.NO_PATIENT, "Whose day is this?")
        if len(text) > MAX_REFERENCE:
            raise _Refused(Code.TOO_LONG, f"More than {MAX_REFERENCE} characters.")
        line.patient = text

    def _date(self, line: Line, name: str, text: str) -> None:
        if not text:
            raise _Refused(Code.NO_DATE, "Which day is this?")
        day = self._day(text)
        if day < EARLIEST:
            raise _Refused(Code.DATE_TOO_OLD, f"Before {EARLIEST}.")
        line.date = day

    def _day(self, text: str) -> date:
        try:
            if self.date_format:
                return datetime.strptime(text, self.date_format).date()  # noqa: DTZ007 -- a date
            if _ISO_DATE.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        wanted = self.date_format or "YYYY-MM-DD; for others there is --date-format"
        raise _Refused(Code.BAD_DATE, f"Not a date ({wanted}).")

    def _score(self, line: Line, name: str, text: str) -> None:
        if not text or text in self.missing:
            return
        if not _NUMBER.fullmatch(text):
            raise _Refused(Code.NOT_A_NUMBER, "Not a number with a decimal point.")
        value, top = Decimal(text), self.tops[name]
        if not 0 <= value <= top:
            raise _Refused(Code.OUT_OF_RANGE, f"Not from 0 to {top}.")
        whole = value.to_integral_value(ROUND_HALF_UP)
        if whole != value:
            if self.rounding is None:
                raise _Refused(Code.NOT_WHOLE, "Not a whole number; --round half-up takes it.")
            line.originals[SCORES[name]] = text
        line.scores[SCORES[name]] = int(whole)
        if name == "pain":
            line.pain = value

    def _note(self, line: Line, name: str, text: str) -> None:
        if len(text) > MAX_NOTE:
            raise _Refused(Code.TOO_LONG, f"More than {MAX_NOTE} characters.")
        line.note = text


class _Refused(Exception):
    def __init__(self, code: Code, message: str) -> None:
        self.code = code
        self.message = message

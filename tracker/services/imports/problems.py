"""Problems of a line, with messages that an operator can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.services.errors import ServiceError


class UnusableFile(ServiceError):
    """The file cannot be read."""

    code = "unusable_file"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class UnusableOption(ServiceError):
    """An option does not fit this clinic or this file."""

    code = "unusable_option"


class Code(StrEnum):
    RAGGED_LINE = "ragged_line"
    UNPRINTABLE = "unprintable"
    TOO_LONG = "too_long"
    NO_PATIENT = "no_patient"
    NO_DATE = "no_date"
    BAD_DATE = "bad_date"
    DATE_TOO_OLD = "date_too_old"
    FUTURE_DATE = "future_date"
    NO_SUCH_DAY = "no_such_day"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    SAME_DAY = "same_day"
    LOGGED_BY_PATIENT = "logged_by_patient"
    CORRECTED_SINCE = "corrected_since"
    OTHER_SITE = "other_site"
    # These two are not errors: the line is empty, or an option chose another one.
    NOTHING_LOGGED = "nothing_logged"
    SUPERSEDED = "superseded"


SET_ASIDE = frozenset({Code.NOTHING_LOGGED, Code.SUPERSEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a line was not imported. `value` is health data: for the report, never for a log."""

    line: int
    code: Code
    message: str
    column: str = ""
    value: str = ""
    patient: str = ""
    date: str = ""

    @property
    def is_rejection(self) -> bool:
        return self.code not in SET_ASIDE

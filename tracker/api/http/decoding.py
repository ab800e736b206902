"""Converts parsed JSON to a schema; a refusal names the exact path of each invalid field."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tracker.api.http.problems import FieldError, invalid
from tracker.validation_errors import Code, invalid_field

T = TypeVar("T")

LONGEST_FIELD_NAME = 60

#: msgspec's own messages may quote the value that was sent.
MESSAGES: dict[Code, str] = {
    "required": "This field is required.",
    "unknown_field": "There is no such field.",
    "not_allowed": "Not one of the allowed values.",
    "offset_required": "Add the offset from UTC, as in 2026-03-02T20:30:00-05:00.",
    "time_invalid": "Not a valid date or time. Send it as RFC 3339 defines it.",
    "length": "Too long, too short or empty.",
    "format": "Not in the required format.",
    "wrong_type": "Not of the right type.",
    "out_of_range": "Outside the allowed range.",
    "invalid": "Not valid.",
}


def decode(value: Any, schema: type[T], *, at: str = "") -> T:
    """Convert strictly; raise a Problem whose paths begin with `at`."""
    try:
        return msgspec.convert(value, schema)
    except msgspec.ValidationError as error:
        refused = invalid_field(error)
        steps = (at, refused.path, (refused.field or "")[:LONGEST_FIELD_NAME])
        path = ".".join(step for step in steps if step).replace(".[", "[")
        raise invalid([field_error(refused.code, path=path)]) from None


def field_error(code: Code, *, path: str) -> FieldError:
    """Return the error of a field that was refused."""
    return FieldError(path=path, code=code, message=MESSAGES[code])

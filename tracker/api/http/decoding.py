"""Converts parsed JSON to a schema; a refusal names the exact path of each invalid field."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tracker.api.http.problems import FieldError, invalid
from tracker.validation_errors import Code, invalid_field

T = TypeVar("T")

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
        raise invalid([field_error(str(error), at=at)]) from None


def field_error(message: str, *, at: str = "") -> FieldError:
    """The field that msgspec's message is about, below the path `at`."""
    found = invalid_field(msgspec.ValidationError(message))
    steps = (at, found.path, (found.field or "")[:60])
    path = ".".join(step for step in steps if step).replace(".[", "[")
    return FieldError(path=path, code=found.code, message=MESSAGES[found.code])

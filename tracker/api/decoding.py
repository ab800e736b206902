"""From parsed JSON to typed values, with the exact path of what is wrong."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tracker.api.problems import FieldError, invalid
from tracker.validation_errors import Code, invalid_field

T = TypeVar("T")

#: What we say instead of msgspec, which may quote the value.
MESSAGES: dict[Code, str] = {
    "required": "This field is required.",
    "unknown_field": "There is no such field.",
    "not_allowed": "Not one of the allowed values.",
    "offset_required": "A time needs its offset from UTC.",
    "time_invalid": "Not a date, or not a time, as RFC 3339 writes them.",
    "length": "Too long, too short or empty.",
    "format": "Not in the form that it must have.",
    "wrong_type": "Not of the right type.",
    "out_of_range": "Outside the allowed range.",
    "invalid": "Not valid.",
}

LONGEST_FIELD_NAME = 60


def decode(value: Any, form: type[T], *, at: str = "") -> T:
    """Convert strictly; raise a Problem whose paths begin with `at`."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        refused = invalid_field(error)
        steps = [at, refused.path, (refused.field or "")[:LONGEST_FIELD_NAME]]
        path = ".".join(step for step in steps if step).replace(".[", "[")
        raise invalid([field_error(refused.code, path=path)]) from None


def field_error(code: Code, *, path: str) -> FieldError:
    """Return what the API says of a field that was refused."""
    return FieldError(path=path, code=code, message=MESSAGES[code])

"""From parsed JSON to typed values, with the exact path of what is wrong."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from tracker.api.problems import FieldError, invalid

T = TypeVar("T")

AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
NAMED = re.compile(r"(?P<what>unknown|missing required) field `(?P<name>[^`]*)`")

#: What msgspec says (it may quote the value), and what we say instead.
KINDS = (
    ("missing required field", "required", "This field is required."),
    ("unknown field", "unknown_field", "There is no such field."),
    ("Invalid enum value", "not_allowed", "Not one of the allowed values."),
    ("Invalid value", "not_allowed", "Not one of the allowed values."),
    ("with a timezone component", "offset_required", "A time needs its offset from UTC."),
    ("RFC3339", "time_invalid", "Not a date, or not a time, as RFC 3339 writes them."),
    ("of length", "length", "Too long, too short or empty."),
    ("matching regex", "format", "Not in the form that it must have."),
    ("got `", "wrong_type", "Not of the right type."),
    ("Expected `", "out_of_range", "Outside the allowed range."),
)


def decode(value: Any, form: type[T], *, at: str = "") -> T:
    """Convert strictly; raise a Problem whose paths begin with `at`."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise invalid([field_error(str(error), at=at)]) from None


def field_error(message: str, *, at: str = "") -> FieldError:
    found = AT.search(message)
    steps = [at, found["path"] if found else ""]
    if named := NAMED.search(message):
        steps.append(named["name"][:60])
    path = ".".join(step for step in steps if step).replace(".[", "[")
    for sign, code, words in KINDS:
        if sign in message:
            return FieldError(path=path, code=code, message=words)
    return FieldError(path=path, code="invalid", message="Not valid.")

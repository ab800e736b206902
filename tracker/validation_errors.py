"""Turns msgspec's refusal of a value into a path, a stable code and the field's name.

msgspec says what is wrong in English only. Nothing else reads its sentences, and
tests/tracker/test_validation_errors.py holds every one of them to a real refusal.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import msgspec

Code = Literal[
    "required",
    "unknown_field",
    "not_allowed",
    "offset_required",
    "time_invalid",
    "length",
    "format",
    "wrong_type",
    "out_of_range",
    "invalid",
]

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:unknown|missing required) field `(?P<name>[^`]*)`")

#: The first sign that is in a message decides: a message may have several.
_SIGNS: tuple[tuple[str, Code], ...] = (
    ("missing required field", "required"),
    ("unknown field", "unknown_field"),
    ("Invalid enum value", "not_allowed"),
    ("Invalid value", "not_allowed"),
    ("with a timezone component", "offset_required"),
    ("RFC3339", "time_invalid"),
    ("of length", "length"),
    ("matching regex", "format"),
    ("got `", "wrong_type"),
    ("Expected `", "out_of_range"),
)


class InvalidField(NamedTuple):
    #: Of the value that was refused, as `records[3]`; empty for the whole.
    path: str
    #: The field of that value which is missing or unknown.
    field: str | None
    code: Code
    #: msgspec's message without the path. It may quote the value.
    message: str


def invalid_field(error: msgspec.ValidationError) -> InvalidField:
    """Return what msgspec refused, and where."""
    text = str(error)
    at = _AT.search(text)
    message = text[: at.start()] if at else text
    named = _NAMED.search(message)
    code: Code = next((code for sign, code in _SIGNS if sign in message), "invalid")
    return InvalidField(at["path"] if at else "", named["name"] if named else None, code, message)

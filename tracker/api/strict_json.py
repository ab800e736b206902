"""JSON as the standard has it, and nothing that a server would have to guess.

Python's own parser, and so DRF's, keeps the last of two equal keys, takes NaN, recurses
until it dies, and passes on text that PostgreSQL cannot store.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any, NoReturn

from tracker.api.problems import Problem

MAX_DEPTH = 20
KB = 1024
SINGLE_LIMIT = 32 * KB
BATCH_LIMIT = 256 * KB

#: Characters. Normalizing a key costs the square of its combining marks.
MAX_KEY_LENGTH = 64

# A string without an end takes the rest of the body: trying again from each of its quotes
# would cost the square of its length.
STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
BOM = b"\xef\xbb\xbf"


def read_body(request: Any, limit: int = SINGLE_LIMIT) -> Any:
    """Parse the body of a Django request; raise a Problem for what is not plain JSON."""
    if request.content_type != "application/json" or not _is_utf8(request):
        raise Problem(415, "unsupported_media_type", "Send application/json, in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_encoding", "Send the body without a content encoding.")
    declared = request.META.get("CONTENT_LENGTH") or 0
    if int(declared) > limit or len(request.body) > limit:
        raise Problem(413, "too_large", f"The body is larger than {limit // KB} kB.")
    if len(request.body) < int(declared):
        raise Problem(400, "json_invalid", "The body ends before its announced length.")
    return loads(request.body)


def _is_utf8(request: Any) -> bool:
    return str(request.content_params.get("charset", "utf-8")).lower() == "utf-8"


def loads(body: bytes) -> Any:
    """Parse one JSON text strictly."""
    if body.startswith(BOM):
        raise Problem(400, "json_invalid", "The body starts with a byte order mark.")
    _refuse_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except ValueError as error:  # bad UTF-8, bad JSON, a number of 5,000 digits
        raise Problem(400, "json_invalid", "The body is not valid JSON.") from error
    _refuse_unstorable(value)
    return value


def _refuse_depth(body: bytes) -> None:
    """Count brackets before parsing: a parser that recurses cannot refuse in time."""
    depth = 0
    for match in STRUCTURE.finditer(body):
        first = body[match.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Problem(400, "json_too_deep", f"More than {MAX_DEPTH} levels of nesting.")
        elif first in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if any(len(key) > MAX_KEY_LENGTH for key in found):
        raise Problem(400, "key_too_long", f"A key has more than {MAX_KEY_LENGTH} characters.")
    # Keys that look the same to a reader are the same.
    if len({unicodedata.normalize("NFC", key) for key in found}) < len(pairs):
        raise Problem(400, "duplicate_key", "An object has the same key twice.")
    for key, value in pairs:
        _refuse_unstorable(key)
        _refuse_unstorable(value)
    return found


def _refuse_unstorable(value: Any) -> None:
    """Refuse what jsonb and text columns refuse. Objects inside have been looked at already."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise Problem(400, "text_invalid", "A text contains an invalid character.")
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError
    return number

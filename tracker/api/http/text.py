"""Checks and normalizes free text and names; refuses characters that could deceive a reader."""

from __future__ import annotations

import re
import unicodedata

from tracker.api.http.problems import FieldError, invalid

MAX_NOTE_BYTES = 6_000
#: Control characters that reverse the direction of text, and so make a name look like another.
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\\s\u200b-\u200d\u2060\ufeff]*")


def note(text: str | None, *, path: str = "note") -> str:
    """Free text in NFC; empty if it has no visible character."""
    if not text or INVISIBLE.fullmatch(text):
        return ""
    folded = unicodedata.normalize("NFC", text)
    if len(folded.encode()) > MAX_NOTE_BYTES:
        raise invalid([FieldError(path, "length", f"Longer than {MAX_NOTE_BYTES} bytes in UTF-8.")])
    return folded


def name(text: str, *, path: str) -> str:
    """A name in NFC: one visible line."""
    folded = unicodedata.normalize("NFC", text).strip()
    if INVISIBLE.fullmatch(folded):
        raise invalid([FieldError(path, "blank", "This field may not be blank.")])
    if BIDI.search(folded) or any(unicodedata.category(c) == "Cc" for c in folded):
        raise invalid([FieldError(path, "text_invalid", "A name contains an invalid character.")])
    return folded

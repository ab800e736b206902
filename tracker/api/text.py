"""Text from people: kept as written, but for what could deceive a reader."""

from __future__ import annotations

import re
import unicodedata

from tracker.api.problems import FieldError, invalid

MAX_NOTE_BYTES = 6_000
#: they turn the direction of what follows, and so what a name seems to be
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\\s\u200b-\u200d\u2060\ufeff]*")


def note(text: str | None, *, path: str = "note") -> str:
    """Free text, in NFC. Nothing to see in it is as good as none."""
    if not text or INVISIBLE.fullmatch(text):
        return ""
    folded = unicodedata.normalize("NFC", text)
    if len(folded.encode()) > MAX_NOTE_BYTES:
        raise invalid([FieldError(path, "length", "Too long.")])
    return folded


def name(text: str, *, path: str) -> str:
    """One line that stands for someone or something."""
    folded = unicodedata.normalize("NFC", text).strip()
    if INVISIBLE.fullmatch(folded):
        raise invalid([FieldError(path, "blank", "Empty.")])
    if BIDI.search(folded) or any(unicodedata.category(c) == "Cc" for c in folded):
        raise invalid([FieldError(path, "text_invalid", "Holds a character that a name has not.")])
    return folded

"""Numbers and texts as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tracker.rules.thresholds import Number

EMERGENCY = (
    "Your answer may mean a problem that needs emergency care now. Call your local emergency "
    "number (911 / 112 / 999) or go to the nearest emergency department. Do not wait for us to "
    "reply and do not drive yourself. This app is not monitored around the clock."
)
SAME_DAY = (
    "Please phone your clinic today. If you cannot reach them, use urgent care. If it gets worse, "
    "or you get numbness between the legs or trouble passing urine, call emergency services."
)
POISON_CONTROL = (
    "You have logged more {name} in 24 hours than is safe. Call Poison Control now "
    "(1-800-222-1222 in the US), even if you feel well, and phone your clinic today. If you feel "
    "very unwell, call emergency services."
)
OVER_LIMIT = (
    "You have logged more {name} in 24 hours than the label or your prescription allows. Please "
    "ask your clinic or a pharmacist before you take more of it."
)


def plain(number: Number) -> int | float:
    """A number for evidence: to four places where it is not whole."""
    return int(number) if number.denominator == 1 else round(float(number), 4)


def mean(number: Fraction) -> float:
    return round(float(number), 4)


def brief(number: Number) -> str:
    """A number for a sentence."""
    return f"{float(number):.1f}" if Fraction(number).denominator > 1 else str(Fraction(number))


def listed(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)

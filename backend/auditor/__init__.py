"""Asks the database whether what this system promises is true of what is stored.

It stands outside of what it judges: its laws are queries of their own, not the services'.
"""

from __future__ import annotations

from datetime import datetime

from backend.auditor import (
    deliveries,
    flags,
    ladders,
    messages,
    records,
    refold,
    reminders,
    trail,
)
from backend.auditor.check import Check, Law, Violation, find_one

__all__ = ["CHECKS", "LAWS", "Check", "Law", "Violation", "find_violations"]

CHECKS: tuple[Check, ...] = tuple(
    check
    for room in (records, flags, ladders, deliveries, messages, trail, reminders)
    for check in room.CHECKS
)
LAWS: tuple[Law, ...] = (*CHECKS, refold.LAW)


def find_violations(*, at: datetime) -> list[Violation]:
    """Every law over every row: after a fault, after a restore, whenever there is time."""
    looks = [find_one(check, at=at, newest=None) for check in CHECKS]
    looks.append(refold.find(at=at))
    return [violation for violation in looks if violation]

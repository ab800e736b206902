"""Check that the stored rows are as the system promises (I1 to I15).

The queries are separate from the services that write the rows, so that a bug in a service
does not hide itself.
"""

from __future__ import annotations

from datetime import datetime

from backend.invariants import (
    audit_trail,
    deliveries,
    escalations,
    flags,
    messages,
    records,
    reevaluation,
    reminders,
)
from backend.invariants.base import Invariant, SqlInvariant, Violation
from backend.invariants.timers import timer_invariants

__all__ = [
    "Invariant",
    "SqlInvariant",
    "Violation",
    "all_invariants",
    "find_violations",
    "sql_invariants",
]


def sql_invariants() -> tuple[SqlInvariant, ...]:
    return (
        *records.INVARIANTS,
        *flags.INVARIANTS,
        *escalations.INVARIANTS,
        *deliveries.INVARIANTS,
        *messages.INVARIANTS,
        *audit_trail.INVARIANTS,
        *reminders.INVARIANTS,
        *timer_invariants(),
    )


def all_invariants() -> tuple[Invariant, ...]:
    return (*sql_invariants(), reevaluation.INVARIANT)


def find_violations(*, at: datetime) -> list[Violation]:
    """Check every invariant over every row; return those that are violated."""
    found = [invariant.violation(at=at) for invariant in sql_invariants()]
    found.append(reevaluation.find(at=at))
    return [violation for violation in found if violation]

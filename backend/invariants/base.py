"""What an invariant is, and how to find the rows that violate it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

#: How many ids of violating rows are reported; all are counted.
REPORTED_IDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """What is always true of the stored rows."""

    name: str
    code: str  #: I1 to I15, the promise that it is part of
    description: str
    rationale: str  #: for whom it holds, and why


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that some rows violate: how many, and the first of their ids."""

    invariant: Invariant
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlInvariant(Invariant):
    """An invariant with a query that returns the ids of the rows that violate it.

    The query returns ids only, so that no stored data is shown. It may use `%(at)s`, the
    present, and `%(newest)s`, how many of a table's newest rows to check (NULL = all).
    """

    sql: str

    def violation(self, *, at: datetime, newest: int | None = None) -> Violation | None:
        # `sql` is our own text; no input from outside is put into it.
        counted = (
            f"SELECT id, count(*) OVER () FROM ({self.sql}) AS found (id) LIMIT {REPORTED_IDS}"
        )
        with connection.cursor() as cursor:
            cursor.execute(counted, {"at": at, "newest": newest})
            rows = cursor.fetchall()
        if not rows:
            return None
        return Violation(self, rows[0][1], tuple(str(row[0]) for row in rows))

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

#: How many offending rows are named; all are counted.
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What is always true of the stored rows."""

    name: str
    invariant: str  #: of docs/operating.md
    says: str
    serves: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Law):
    """A law with the query that finds who breaks it.

    `sql` returns the ids of the rows that break it and nothing else: what is stored under an
    id stays in the database. It may use `%(at)s`, the present, and `%(newest)s`, how many
    rows of a ledger's end to look at (NULL = all of them).
    """

    sql: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that some rows break: how many, and the first of them."""

    law: Law
    count: int
    ids: tuple[str, ...]


def find_one(check: Check, *, at: datetime, newest: int | None) -> Violation | None:
    # The text of a check is ours; nothing from outside is put into it.
    counted = f"SELECT id, count(*) OVER () FROM ({check.sql}) AS found (id) LIMIT {NAMED}"
    with connection.cursor() as cursor:
        cursor.execute(counted, {"at": at, "newest": newest})
        rows = cursor.fetchall()
    if not rows:
        return None
    return Violation(check, rows[0][1], tuple(str(row[0]) for row in rows))

"""Write the report of every line that was not imported."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from tracker.services.imports.problems import Code, Problem

HEADER = ("line", "outcome", "code", "column", "value", "message", "patient", "date")


def write(problems: Iterable[Problem], to: TextIO) -> None:
    """Write one row for each problem. The file holds health data, as the export does."""
    rows = csv.writer(to, lineterminator="\n")
    rows.writerow(HEADER)
    for each in problems:
        outcome = "rejected" if each.is_rejection else "set aside"
        cells = (each.code, each.column, each.value, each.message, each.patient, each.date)
        rows.writerow((each.line, outcome, *map(_inert, cells)))


def counts(problems: Iterable[Problem], *, rejected: bool) -> list[tuple[Code, int]]:
    """Return how many lines have each problem, the most frequent first."""
    pairs = {(each.line, each.code) for each in problems if each.is_rejection is rejected}
    return Counter(code for _, code in pairs).most_common()


def _inert(cell: str) -> str:
    """Escape a cell that a spreadsheet would run as a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "@", "\t"} else cell

"""The report of every line that was not taken, as a file of its own."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from tracker.services.imports.problems import Code, Problem

HEADER = ("line", "outcome", "code", "column", "value", "message", "patient", "date")


def write(problems: Iterable[Problem], to: TextIO) -> None:
    """One row for each problem. It holds health data: keep it as you keep the export."""
    rows = csv.writer(to, lineterminator="\n")
    rows.writerow(HEADER)
    for each in problems:
        outcome = "rejected" if each.is_rejection else "set aside"
        cells = (each.code, each.column, each.value, each.message, each.patient, each.date)
        rows.writerow((each.line, outcome, *map(_inert, cells)))


def counts(problems: Iterable[Problem], *, rejected: bool) -> list[tuple[Code, int]]:
    """How many lines have each problem, the most frequent first."""
    pairs = {(each.line, each.code) for each in problems if each.is_rejection is rejected}
    return Counter(code for _, code in pairs).most_common()


def _inert(cell: str) -> str:
    """A spreadsheet would run a cell that begins so as a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "@", "\t"} else cell

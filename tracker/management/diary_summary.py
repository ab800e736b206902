"""What an import did, in counts: no value of anybody's diary is among them."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.services.imports import report
from tracker.services.imports.importing import Imported


def summary(imported: Imported, *, seconds: float, is_dry_run: bool) -> str:
    return "\n".join(_lines(imported, seconds=seconds, is_dry_run=is_dry_run))


def _lines(imported: Imported, *, seconds: float, is_dry_run: bool) -> Iterator[str]:
    reading = imported.reading
    yield f"Read {reading.lines:,} lines (SHA-256 {reading.sha256})."
    if reading.other_site:
        yield f"  of another site: {reading.other_site:,}"
    for title, rejected in (("set aside", False), ("rejected", True)):
        for code, count in report.counts(imported.problems, rejected=rejected):
            yield f"  {title}, {code}: {count:,}"
    yield (
        f"{imported.patients:,} people, {imported.patients_created:,} of them new;"
        f" {imported.created:,} days new, {imported.revised:,} corrected,"
        f" {imported.unchanged:,} there already."
    )
    if imported.created or imported.revised:
        yield f"Retrospective flags: {imported.flags.total():,}; nobody was paged."
        found = imported.flags.items()
        flags = sorted((priority, rule, state, n) for (rule, priority, state), n in found)
        for priority, rule, state, count in flags:
            yield f"  {priority} {rule}, {state}: {count:,}"
    rate = reading.lines / seconds if seconds else 0
    yield f"{seconds:.1f} s, {rate:,.0f} lines a second."
    yield _closing(imported, is_dry_run=is_dry_run)


def _closing(imported: Imported, *, is_dry_run: bool) -> str:
    if imported.import_id is None:
        return "Nothing in it is new: nothing was changed."
    if is_dry_run:
        return "A dry run: nothing of it was kept."
    return f"This is import {imported.import_id}."

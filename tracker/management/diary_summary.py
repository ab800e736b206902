"""A summary of an import in counts. It contains no diary values."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.services.imports import report
from tracker.services.imports.importing import Imported


def summary(imported: Imported, *, seconds: float, is_dry_run: bool) -> str:
    return "\n".join(_lines(imported, seconds=seconds, is_dry_run=is_dry_run))


def _lines(imported: Imported, *, seconds: float, is_dry_run: bool) -> Iterator[str]:
    parsed_file = imported.parsed_file
    yield f"Read {parsed_file.lines:,} lines (SHA-256 {parsed_file.sha256})."
    if parsed_file.other_site:
        yield f"  lines of another site: {parsed_file.other_site:,}"
    for title, rejected in (("set aside", False), ("rejected", True)):
        for code, count in report.counts(imported.problems, rejected=rejected):
            yield f"  {title}, {code}: {count:,}"
    yield (
        f"{imported.patients:,} patients, {imported.patients_created:,} of them new;"
        f" {imported.created:,} new days, {imported.revised:,} corrected,"
        f" {imported.unchanged:,} unchanged."
    )
    if imported.created or imported.revised:
        yield f"Retrospective flags: {imported.flags.total():,}. Nobody was notified."
        found = imported.flags.items()
        flags = sorted((priority, rule, state, n) for (rule, priority, state), n in found)
        for priority, rule, state, count in flags:
            yield f"  {priority} {rule}, {state}: {count:,}"
    rate = parsed_file.lines / seconds if seconds else 0
    yield f"{seconds:.1f} s, {rate:,.0f} lines a second."
    yield _closing(imported, is_dry_run=is_dry_run)


def _closing(imported: Imported, *, is_dry_run: bool) -> str:
    if imported.import_id is None:
        return "The file contains nothing new. Nothing was changed."
    if is_dry_run:
        return "Dry run: nothing was saved."
    return f"This is import {imported.import_id}."

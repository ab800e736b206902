from __future__ import annotations

import os
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

import clock
from tracker.management.diary_summary import summary
from tracker.management.progress import bar
from tracker.services.context import OPERATOR, Context
from tracker.services.errors import ServiceError
from tracker.services.imports import columns, importing, report, target
from tracker.services.imports.diary_file import Options
from tracker.services.imports.problems import Problem
from tracker.services.imports.same_day import SameDay

REJECTED, NOTHING_IMPORTED = 1, 2

DESCRIPTION = """\
Take over diaries that were kept elsewhere, from a CSV file with one line for each person and
day. The file is imported as a whole or not at all; the same file again changes nothing, and a
corrected export adds new versions beside the old. Flags that it opens are retrospective: they
stand on the worklist, and nobody is paged or reminded.
"""

EPILOG = """\
fields for --column FIELD=COLUMN:
  patient     who it is, in the other system (required; default: patient)
  date        the local day (required; default: date)
  pain        average pain of the day, 0-10 (required; default: pain)
  site        where it hurts, for --site (default: site, if there is such a column)
  pain_worst  worst pain of the day, 0-10
  standing    how long standing was possible: 0 an hour or more .. 5 could not stand
  walking     how long walking was possible: 0 an hour or more .. 5 could not walk
  sleep       0 slept normally .. 4 hardly slept because of back pain
  activity    0 a usual day .. 4 in bed almost all day because of back pain
  note        free words
  FIELD=      (nothing after the sign) leaves a default out

exit status:
  0  every line was imported, was there already, or was set aside by your options
  1  imported, but lines were rejected (the summary counts them, --report lists them)
  2  nothing was imported: the file or an option is unusable, or --strict met a rejected line

example:
  manage.py import_diary diary.csv --column patient=pid --column date=day --column pain=nrs \\
      --site "Low back" --round half-up --same-day max --report rejected.csv --dry-run
"""


class Command(BaseCommand):
    help = DESCRIPTION

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", type=Path, metavar="FILE.csv")
        add("--clinic", default="", help="name or id; needed if there are several")
        add("--care-team", default="", help="of new patients; needed if there are several")
        add("--time-zone", default="", help="of new patients (default: the clinic's)")
        self._add_reading_arguments(parser)
        add("--dry-run", action="store_true", help="do everything, then undo it")
        add("--strict", action="store_true", help="import nothing if a line is rejected")
        add("--report", type=Path, metavar="FILE", help="write every line not taken, and why")
        add("--no-progress", action="store_true", help="no progress bar")

    def _add_reading_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--column", action="append", default=[], metavar="FIELD=COLUMN", help="see below")
        add("--site", action="append", default=[], help="only its lines; may be repeated")
        add("--round", choices=["half-up"], help="take scores that are not whole numbers")
        add(
            "--same-day",
            choices=[policy.value for policy in SameDay],
            default=SameDay.REJECT.value,
            help="which of several lines for one person and day stands: the one with the most"
            " pain (max), the last in the file (last), or none (reject, the default)",
        )
        add("--date-format", metavar="FORMAT", help="such as %%d/%%m/%%Y (default: YYYY-MM-DD)")
        add("--missing", action="append", default=[], help="a text for 'not asked', such as NA")
        add("--encoding", default="utf-8", help="of the file (default: utf-8)")
        add("--delimiter", default=",", help="between columns: one character, or tab")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            imported, seconds = self._timed(options)
        except OSError as error:
            message = f"Nothing was imported. {error.filename}: {error.strerror}."
            raise CommandError(message, returncode=NOTHING_IMPORTED) from error
        except ServiceError as refusal:
            message = f"Nothing was imported. {refusal.detail}"
            raise CommandError(message, returncode=NOTHING_IMPORTED) from refusal
        if options["verbosity"]:
            self.stdout.write(summary(imported, seconds=seconds, is_dry_run=options["dry_run"]))
        if imported.rejected_lines:
            where = f"see {options['report']}" if options["report"] else "--report lists them"
            message = f"{imported.rejected_lines:,} lines were rejected: {where}."
            raise CommandError(message, returncode=REJECTED)

    def _timed(self, options: dict[str, Any]) -> tuple[importing.Imported, float]:
        content = options["file"].read_bytes()
        began = time.monotonic()
        problems: list[Problem] = []
        with ExitStack() as stack:
            if options["report"]:
                # Opened before the import: one that cannot be written stops it in time.
                to = stack.enter_context(_private(options["report"]))
                stack.callback(lambda: report.write(problems, to))
            try:
                imported = self._import(content, options)
            except importing.LinesRejected as rejected:
                problems += rejected.imported.problems
                raise
            problems += imported.problems
        return imported, time.monotonic() - began

    def _import(self, content: bytes, options: dict[str, Any]) -> importing.Imported:
        with bar(is_shown=bool(options["verbosity"]) and not options["no_progress"]) as show:
            return importing.import_diary(
                Context(OPERATOR, clock.now()),
                content=content,
                file_name=options["file"].name,
                target=target.found(
                    clinic=options["clinic"],
                    care_team=options["care_team"],
                    time_zone=options["time_zone"],
                ),
                options=_reading_options(options),
                is_strict=options["strict"],
                is_dry_run=options["dry_run"],
                progress=show,
            )


def _private(path: Path) -> TextIO:
    """The report holds health data: only its owner reads it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _reading_options(options: dict[str, Any]) -> Options:
    return Options(
        columns=columns.parsed(options["column"]),
        sites=tuple(options["site"]),
        rounding=options["round"],
        same_day=SameDay(options["same_day"]),
        date_format=options["date_format"],
        missing=tuple(options["missing"]),
        encoding=options["encoding"],
        delimiter="\t" if options["delimiter"] == "tab" else options["delimiter"],
    )

"""`manage.py replay`: the rules over recorded histories, with no database."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker.rules import RULESETS, InvalidHistory, evaluate, parse_history
from tracker.rules.engine.replay import FlagEvent, flag_events

#: Those in which a history may lie.
YEARS = range(1990, 2200)
COLUMNS = "{patient:<24} {date:<10} {day:>5}  {priority:<2}  {rule:<14}  {explanation}"


class Command(BaseCommand):
    help = "Run the clinical rules over recorded histories (JSON Lines), with no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("histories", help="a file of histories, or - for standard input")
        parser.add_argument(
            "--until",
            type=_until,
            metavar="DATE",
            help="judge silence up to the close of this local day, and nothing submitted after it"
            " (or up to an instant, such as 2026-03-02T09:30:00-05:00)",
        )
        parser.add_argument(
            "--ruleset",
            choices=sorted(RULESETS),
            help="in place of the versions that a history names, whose numbers stay;"
            " default: those, or the live one",
        )
        parser.add_argument("--format", choices=("jsonl", "table"), default="jsonl")
        parser.add_argument(
            "--history", action="store_true", help="print flags that were withdrawn as well"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with _opened(options["histories"]) as stream:
                is_clean = self._replay(stream, options)
                sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read us has seen enough; Python must not complain at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if not is_clean:
            raise SystemExit(1)

    def _replay(self, stream: Iterable[bytes], options: dict[str, Any]) -> bool:
        is_table = options["format"] == "table"
        progress = _Progress(shown=is_table and sys.stderr.isatty())
        show = self._show_row if is_table else self._show_json
        if is_table:
            self.stdout.write(COLUMNS.format_map(_HEADINGS))
        is_clean = True
        for number, line in enumerate(stream, start=1):
            try:
                for found in _replayed(line, options):
                    progress.clear()
                    show(found)
            except InvalidHistory as error:
                progress.clear()
                self.stderr.write(f"line {number}: {error}")
                is_clean = False
            progress.advance()
        progress.clear()
        return is_clean

    def _show_json(self, event: FlagEvent) -> None:
        self.stdout.write(json.dumps(event.as_json(), ensure_ascii=False))

    def _show_row(self, event: FlagEvent) -> None:
        fields = event.as_json()
        raised = f"(raised from {event.raised_from}) " if event.raised_from else ""
        withdrawn = "(withdrawn) " if event.withdrawn_at else ""
        fields["explanation"] = f"{raised}{withdrawn}{event.finding.explanation}"
        self.stdout.write(COLUMNS.format_map(fields))


def _replayed(line: bytes, options: dict[str, Any]) -> list[FlagEvent]:
    if not line.strip():
        return []
    history = parse_history(line)
    until: Date | datetime | None = options["until"]
    if until is not None and not isinstance(until, datetime):
        until = history.calendar.close(until.toordinal())
    outcome = evaluate(
        history,
        until=until,
        ruleset=options["ruleset"],
    )
    return flag_events(history, outcome, with_withdrawn=options["history"])


_HEADINGS = {
    "patient": "patient",
    "date": "date",
    "day": "day",
    "priority": "P",
    "rule": "rule",
    "explanation": "why",
}


class _Progress:
    """A line on standard error that says how far the replay is."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._patients = 0

    def advance(self) -> None:
        self._patients += 1
        if self._shown:
            sys.stderr.write(f"\r{self._patients} patients replayed")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from None


def _until(text: str) -> Date | datetime:
    try:
        until = Date.fromisoformat(text) if len(text) <= 10 else _instant(text)
    except ValueError:
        message = f"{text} is not a date (YYYY-MM-DD), nor an instant with its offset"
        raise ArgumentTypeError(message) from None
    if until.year not in YEARS:
        raise ArgumentTypeError(f"{text} is not from {YEARS[0]} to {YEARS[-1]}")
    return until


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant

"""`manage.py backtest`: what other rules or numbers would have found."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from datetime import date as Date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.management.backtest import report
from tracker.management.backtest.page import page
from tracker.management.progress import Show, bar
from tracker.rules import RULESETS, THRESHOLDS, InvalidHistory, InvalidThreshold, parse_history
from tracker.rules.backtesting.backtest import Backtest
from tracker.rules.backtesting.variants import Variant


class Command(BaseCommand):
    help = (
        "Try a ruleset, or changed numbers, on recorded histories: a file in the form that"
        " `manage.py replay` takes, or a clinic's own. Nothing is stored and nobody is told."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("histories", nargs="?", metavar="FILE", help="a file, or - for standard input")
        add("--clinic", default="", help="instead of a file: the name or id of a clinic")
        add("--ruleset", choices=sorted(RULESETS), help="the version to try")
        add(
            "--set",
            action="append",
            default=[],
            type=_number,
            metavar="NAME=VALUE",
            help="a number to try, for everybody; may be repeated",
        )
        add("--until", type=_date, metavar="DATE", help="of a file: judge silence up to this day")
        add("--json", action="store_true", help="everything, with each flag that changes")
        add("--html", type=Path, metavar="FILE", help="write a page with plots")
        add("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *_args: Any, **options: Any) -> None:
        if bool(options["clinic"]) == bool(options["histories"]):
            raise CommandError("Name either a file of histories or a --clinic.")
        test = Backtest(_variant(options))
        with bar(is_shown=not options["no_progress"]) as show:
            is_clean = self._run(test, options, show)
        self._tell(test, options)
        if not is_clean:
            raise SystemExit(1)

    def _run(self, test: Backtest, options: dict[str, Any], show: Show) -> bool:
        if options["clinic"]:
            _add_clinic(test, options["clinic"], show)
            return True
        lines = _lines(options["histories"])
        is_clean = True
        for number, line in enumerate(lines, start=1):
            try:
                _add_line(test, line, options["until"])
            except InvalidHistory as error:
                self.stderr.write(f"line {number}: {error}")
                is_clean = False
            show("histories", number, len(lines))
        return is_clean

    def _tell(self, test: Backtest, options: dict[str, Any]) -> None:
        if options["html"]:
            # Told by the machine's clock: the page says when it was written, no more.
            source = options["clinic"] or _name(options["histories"])
            _write(options["html"], page(test, source=source, at=datetime.now(UTC)))
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(test), ensure_ascii=False))
        else:
            for line in report.table(test):
                self.stdout.write(line)


def _variant(options: dict[str, Any]) -> Variant:
    changes = dict(options["set"])
    try:
        THRESHOLDS.with_changes(changes)
    except InvalidThreshold as error:
        raise CommandError(f"--set {error.name}: {error.message}") from None
    if not changes and options["ruleset"] is None:
        raise CommandError("Say what to try: --ruleset VERSION or --set NAME=VALUE.")
    return Variant(version=options["ruleset"], thresholds=changes)


def _add_clinic(test: Backtest, wanted: str, show: Show) -> None:
    # A file needs no database, so it is not asked for one.
    import clock
    from tracker.services.clinics import clinics
    from tracker.services.context import OPERATOR, Context
    from tracker.services.errors import ServiceError
    from tracker.services.rulesets import backtests

    try:
        clinic = clinics.find(wanted)
    except ServiceError as refusal:
        raise CommandError(f"--clinic {wanted}: {refusal.detail}") from None
    context = Context(OPERATOR, clock.now())
    total = backtests.count(clinic=clinic)
    for done, judged in enumerate(backtests.histories(context, clinic=clinic), start=1):
        test.add(judged.history, until=judged.until)
        show("episodes", done, total)


def _add_line(test: Backtest, line: bytes, until: Date | None) -> None:
    if line.strip():
        history = parse_history(line)
        close = history.calendar.close(until.toordinal()) if until else None
        test.add(history, until=close)


def _lines(name: str) -> list[bytes]:
    if name == "-":
        return sys.stdin.buffer.read().splitlines()
    try:
        return Path(name).read_bytes().splitlines()
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _name(path: str) -> str:
    return "standard input" if path == "-" else Path(path).name


def _number(text: str) -> tuple[str, int | float]:
    name, sign, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not sign or number != number or abs(number) == float("inf"):
        raise ArgumentTypeError(f"{text} is not NAME=VALUE with a number")
    return name, int(number) if number.is_integer() and "." not in value else number


def _date(text: str) -> Date:
    try:
        return Date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date (YYYY-MM-DD)") from None

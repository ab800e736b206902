"""`manage.py backtest`: compare another ruleset or other thresholds with the rules in force."""

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
from tracker.models.record_kinds import FORMS_NOT_EVALUATED
from tracker.rules import RULESETS, THRESHOLDS, InvalidHistory, InvalidThreshold, parse_history
from tracker.rules.backtesting.backtest import Backtest
from tracker.rules.backtesting.variants import Variant


class Command(BaseCommand):
    help = (
        "Try another ruleset or other thresholds on recorded histories: those of a file that"
        " `manage.py replay` accepts, or those of a clinic. Nothing is saved, nobody is notified."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("histories", nargs="?", metavar="FILE", help="a file, or - for standard input")
        add("--clinic", default="", help="name or id of a clinic, instead of a file")
        add("--ruleset", choices=sorted(RULESETS), help="the version to try")
        add(
            "--set",
            action="append",
            default=[],
            type=_number,
            metavar="NAME=VALUE",
            help="a threshold to try for all patients; may be repeated",
        )
        add("--until", type=_date, metavar="DATE", help="last day to evaluate, of a file")
        add("--json", action="store_true", help="print JSON with every flag that changes")
        add("--html", type=Path, metavar="FILE", help="write a page with charts")
        add("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *_args: Any, **options: Any) -> None:
        if bool(options["clinic"]) == bool(options["histories"]):
            raise CommandError("Name either a file of histories or a --clinic.")
        test = Backtest(_variant(options))
        with bar(is_shown=not options["no_progress"]) as show:
            is_clean = self._run(test, options, show)
        self._write_results(test, options)
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

    def _write_results(self, test: Backtest, options: dict[str, Any]) -> None:
        if options["html"]:
            # The machine's clock, because a backtest of a file needs no database.
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
        raise CommandError("Name what to try: --ruleset VERSION or --set NAME=VALUE.")
    return Variant(version=options["ruleset"], thresholds=changes)


def _add_clinic(test: Backtest, wanted: str, show: Show) -> None:
    # Imported here, because a backtest of a file needs no database.
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
    for done, each in enumerate(backtests.histories(context, clinic=clinic), start=1):
        test.add(each.history, until=each.until)
        show("episodes", done, total)


def _add_line(test: Backtest, line: bytes, until: Date | None) -> None:
    if line.strip():
        history = parse_history(line, other_forms=FORMS_NOT_EVALUATED)
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

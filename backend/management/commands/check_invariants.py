"""`manage.py check_invariants`: is what this system promises true of what is stored?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

import clock
from backend import auditor
from backend.auditor import Violation
from backend.metrics.measures import STEP_LATENESS, STEPS_LATE


class Command(BaseCommand):
    help = (
        "Checks every law about stored rows over every row, and ends with code 1 if one is"
        " broken. Ids only: no health data is shown. Run it after a restore."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--laws", action="store_true", help="only say what is checked")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["laws"]:
            self._list_laws()
            return
        at = clock.now()
        found = auditor.find_violations(at=at)
        if options["json"]:
            broken = [_as_json(violation) for violation in found]
            self.stdout.write(json.dumps({"broken": broken, "figures": _figures(at)}))
        else:
            self._print(found, _figures(at))
        if found:
            sys.exit(1)

    def _list_laws(self) -> None:
        for law in auditor.LAWS:
            self.stdout.write(f"{law.invariant:<4} {law.name:<34} {law.says}")

    def _print(self, found: list[Violation], figures: dict[str, float]) -> None:
        for violation in found:
            law = violation.law
            self.stdout.write(f"{law.invariant:<4} {law.name:<34} {violation.count:>6}  {law.says}")
            more = " ..." if violation.count > len(violation.ids) else ""
            self.stdout.write(f"{'':5}{' '.join(violation.ids)}{more}")
        self.stdout.write("; ".join(f"{words}: {value:g}" for words, value in figures.items()))
        broken = len(found)
        self.stdout.write(f"{len(auditor.LAWS)} laws checked, {broken or 'none'} broken")


def _figures(at: datetime) -> dict[str, float]:
    """I3 in numbers, of the last day: a step that fired late is no broken law any more."""
    late, lateness = STEPS_LATE.values(at=at), STEP_LATENESS.values(at=at)
    return {
        "steps over 15 s late": late["15",],
        "over 60 s": late["60",],
        "p99 in seconds": round(lateness["0.99",], 1),
        "latest": round(lateness["1",], 1),
    }


def _as_json(violation: Violation) -> dict[str, object]:
    law = violation.law
    return {
        "name": law.name,
        "invariant": law.invariant,
        "says": law.says,
        "serves": law.serves,
        "count": violation.count,
        "ids": violation.ids,
    }

"""`manage.py check_invariants`: check the invariants over every stored row."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

import clock
from backend import invariants
from backend.invariants import Violation
from backend.metrics.measures import STEP_LATENESS, STEPS_LATE


class Command(BaseCommand):
    help = (
        "Check every invariant over every stored row. Exits with code 1 if one is violated."
        " Shows ids only, no health data. Run it after a restore."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--list", action="store_true", help="only list the invariants")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
            return
        at = clock.now()
        found = invariants.find_violations(at=at)
        if options["json"]:
            broken = [_as_json(violation) for violation in found]
            self.stdout.write(json.dumps({"broken": broken, "figures": _figures(at)}))
        else:
            self._print(found, _figures(at))
        if found:
            sys.exit(1)

    def _list(self) -> None:
        for each in invariants.all_invariants():
            self.stdout.write(f"{each.code:<4} {each.name:<34} {each.description}")

    def _print(self, found: list[Violation], figures: dict[str, float]) -> None:
        for violation in found:
            broken = violation.invariant
            self.stdout.write(
                f"{broken.code:<4} {broken.name:<34} {violation.count:>6}  {broken.description}"
            )
            more = " ..." if violation.count > len(violation.ids) else ""
            self.stdout.write(f"{'':5}{' '.join(violation.ids)}{more}")
        self.stdout.write("; ".join(f"{words}: {value:g}" for words, value in figures.items()))
        checked = len(invariants.all_invariants())
        self.stdout.write(f"{checked} invariants checked, {len(found) or 'none'} violated")


def _figures(at: datetime) -> dict[str, float]:
    """Return how late escalation steps of the last day fired: late ones violate no invariant."""
    late, lateness = STEPS_LATE.values(at=at), STEP_LATENESS.values(at=at)
    return {
        "steps over 15 s late": late["15",],
        "over 60 s": late["60",],
        "p99 in seconds": round(lateness["0.99",], 1),
        "latest": round(lateness["1",], 1),
    }


def _as_json(violation: Violation) -> dict[str, object]:
    broken = violation.invariant
    return {
        "name": broken.name,
        "invariant": broken.code,
        "description": broken.description,
        "rationale": broken.rationale,
        "count": violation.count,
        "ids": violation.ids,
    }

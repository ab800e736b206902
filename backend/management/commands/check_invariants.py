"""`manage.py check_invariants`: is what this system promises true of what is stored?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

import clock
from backend import auditor
from backend.auditor import Violation


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
        found = auditor.find_violations(at=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(violation) for violation in found]))
        else:
            self._print(found)
        if found:
            sys.exit(1)

    def _list_laws(self) -> None:
        for law in auditor.LAWS:
            self.stdout.write(f"{law.invariant:<4} {law.name:<34} {law.says}")

    def _print(self, found: list[Violation]) -> None:
        for violation in found:
            law = violation.law
            self.stdout.write(f"{law.invariant:<4} {law.name:<34} {violation.count:>6}  {law.says}")
            more = " ..." if violation.count > len(violation.ids) else ""
            self.stdout.write(f"{'':5}{' '.join(violation.ids)}{more}")
        broken = len(found)
        self.stdout.write(f"{len(auditor.LAWS)} laws checked, {broken or 'none'} broken")


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

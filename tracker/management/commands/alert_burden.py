"""`manage.py alert_burden`: what a clinic's flags cost and what they were worth."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import clock
from tracker.services.clinics import clinics
from tracker.services.errors import ServiceError
from tracker.services.rulesets import alert_burden
from tracker.services.rulesets.alert_burden import Burden, Waiting

COLUMNS = "{:<14} {:>6} {:>8} {:>7} {:>6} {:>10} {:>17} {:>17}"
HEADINGS = (
    *("rule", "flags", "/100 wk", "judged", "worth", "no action"),
    *("to acknowledge", "to review"),
)


class Command(BaseCommand):
    help = (
        "For each rule of a clinic: flags per 100 patient-weeks, the share that was worth it of"
        " those judged, the share closed with no action, and hours to acknowledge and to review"
        " (median / nine of ten). Numbers only: no patient is named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, help="name or id")
        parser.add_argument(
            "--since", type=date.fromisoformat, help="default: the last 90 days", metavar="DATE"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        at = clock.now()
        since = options["since"] or at.date() - timedelta(days=90)
        try:
            clinic = clinics.find(options["clinic"])
        except ServiceError as refusal:
            raise CommandError(f"--clinic {options['clinic']}: {refusal.detail}") from None
        burdens = alert_burden.of_clinic(clinic=clinic, since=since, at=at)
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(burden) for burden in burdens]))
            return
        self.stdout.write(f"{clinic.name}, flags of {since} and later.\n")
        self.stdout.write(COLUMNS.format(*HEADINGS))
        for burden in burdens:
            self.stdout.write(COLUMNS.format(*_cells(burden)))


def _cells(burden: Burden) -> Iterator[str | int]:
    yield from (burden.rule, burden.flags)
    yield "-" if burden.per_100_weeks is None else f"{burden.per_100_weeks:.2f}"
    yield burden.judged
    for share in (burden.predictive_value, burden.without_action):
        yield "-" if share is None else f"{share:.0%}"
    for waiting in (burden.to_acknowledge, burden.to_review):
        yield f"{_hours(waiting.median)} / {_hours(waiting.p90)} h" if waiting else "-"


def _as_json(burden: Burden) -> dict[str, object]:
    return {
        "rule": burden.rule,
        "flags": burden.flags,
        "per_100_patient_weeks": burden.per_100_weeks,
        "reviewed": burden.reviewed,
        "judged": burden.judged,
        "predictive_value": burden.predictive_value,
        "closed_without_action": burden.without_action,
        "to_acknowledge": _waiting(burden.to_acknowledge),
        "to_review": _waiting(burden.to_review),
    }


def _waiting(waiting: Waiting | None) -> dict[str, float] | None:
    if waiting is None:
        return None
    return {
        "flags": waiting.count,
        "median_hours": waiting.median / timedelta(hours=1),
        "p90_hours": waiting.p90 / timedelta(hours=1),
    }


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f}"

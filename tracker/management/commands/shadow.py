"""`manage.py shadow`: the trials of a clinic beside the flags of the same days."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.models import ShadowTrial
from tracker.services.clinics import clinics
from tracker.services.errors import ServiceError
from tracker.services.rulesets import shadow_trials

COLUMNS = "{:<14} {:>6} {:>6} {:>6} {:>10} {:>10}"
HEADINGS = ("rule", "live", "tried", "both", "only live", "only tried")


class Command(BaseCommand):
    help = (
        "Compare a clinic's newest shadow trial with the flags of the same days, rule by rule."
        " Trials are started and stopped by an administrator, on the page Rules of the console."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, help="name or id")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            clinic = clinics.find(options["clinic"])
        except ServiceError as refusal:
            raise CommandError(f"--clinic {options['clinic']}: {refusal.detail}") from None
        trial = ShadowTrial.objects.filter(clinic=clinic).first()
        if trial is None:
            raise CommandError("This clinic has had no shadow trial.")
        numbers = "".join(f", {name} = {value}" for name, value in trial.thresholds.items())
        end = f"until {trial.stopped_at:%Y-%m-%d}" if trial.stopped_at else "running"
        self.stdout.write(f"{trial.version}{numbers}, from {trial.from_date}, {end}.\n")
        self.stdout.write(COLUMNS.format(*HEADINGS))
        for each in shadow_trials.compare(trial=trial):
            only = (each.live - each.both, each.tried - each.both)
            self.stdout.write(COLUMNS.format(each.rule, each.live, each.tried, each.both, *only))
